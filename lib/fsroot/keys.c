/* SPDX-License-Identifier: Apache-2.0 */
#include "fsroot/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "fsroot/tree_priv.h"

static const char data[] = "..data";

/* The text of link NAME in DIR; false where it is none, or its text is too long for a key's. */
static bool read_link(int dir, const char *name, char text[PATH_MAX])
{
    ssize_t n = readlinkat(dir, name, text, PATH_MAX);
    if (n < 0 || n == PATH_MAX) {
        return false;
    }
    text[n] = '\0';
    return true;
}

/* A folder of that kind which is not GENERATION may hold anything, and nobody would look at it. */
static bool belongs(int dir, const char *name, const struct ig_statx *generation)
{
    char target[PATH_MAX];
    struct ig_statx s;
    if (strcmp(name, data) == 0) {
        return true;
    }
    if (strncmp(name, "..", 2) == 0) {
        return ig_statx(dir, name, &s) == 0 && s.ino == generation->ino &&
               ig_tree_dev(&s) == ig_tree_dev(generation);
    }
    size_t n = sizeof data - 1;
    return read_link(dir, name, target) && strncmp(target, data, n) == 0 && target[n] == '/' &&
           strcmp(target + n + 1, name) == 0;
}

static bool has(const struct ig_tree_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->list[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int read_names(int dir, struct ig_arena *arena, struct ig_tree_names *names, int *fd)
{
    *fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd < 0 ? errno : ig_tree_read_names(*fd, arena, names);
}

static void add(struct ig_names *names, char *name)
{
    names->list = ig_realloc_array(names->list, names->count + 1, sizeof *names->list);
    names->list[names->count++] = name;
}

static int judge(int dirfd, int generation, struct ig_arena *arena, struct ig_tree_names *links,
                 struct ig_tree_names *keys, struct ig_names *strangers, struct ig_error *e)
{
    IG_AUTO_CLOSE int dir = -1;
    IG_AUTO_CLOSE int inside = -1;
    struct ig_statx held;
    int number = read_names(dirfd, arena, links, &dir);
    number = number == 0 ? read_names(generation, arena, keys, &inside) : number;
    number = number == 0 ? ig_statx(inside, "", &held) : number;
    if (number != 0) {
        return ig_error_set(e, number, "it cannot be listed");
    }
    for (size_t i = 0; i < links->count; i++) {
        if (!belongs(dir, links->list[i].name, &held)) {
            add(strangers, ig_strdup(links->list[i].name));
        }
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (!has(links, keys->list[i].name)) {
            add(strangers, ig_format("%s/%s", data, keys->list[i].name));
        }
    }
    return strangers->count == 0;
}

int ig_keys_only(int dirfd, int generation, struct ig_names *strangers, struct ig_error *e)
{
    struct ig_arena arena = {0};
    struct ig_tree_names links = {0};
    struct ig_tree_names keys = {0};
    *strangers = (struct ig_names){0};
    int status = judge(dirfd, generation, &arena, &links, &keys, strangers, e);
    ig_tree_free_names(&links);
    ig_tree_free_names(&keys);
    ig_arena_free(&arena);
    return status;
}
