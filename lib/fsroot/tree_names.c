/* SPDX-License-Identifier: Apache-2.0 */
/* The names of one directory, in byte order. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/tree_priv.h"

enum { WINDOW = 64 << 10 };

/* struct linux_dirent64 (getdents64(2)), by offset: readdir(3) would allocate for each directory. */
enum { AT_LENGTH = 16, AT_NAME = 19 };

static uint64_t key_of(const char *name)
{
    uint64_t key = 0;
    bool ended = false;
    for (int i = 0; i < 8; i++) {
        ended = ended || name[i] == '\0';
        key = key << 8 | (ended ? 0 : (unsigned char)name[i]);
    }
    return key;
}

static void add_name(struct ig_tree_names *names, struct ig_arena *arena, const char *name)
{
    if (names->count == names->room) {
        names->room = names->room * 2 + 64;
        names->list = ig_realloc_array(names->list, names->room, sizeof *names->list);
        names->spare = ig_realloc_array(names->spare, names->room, sizeof *names->spare);
    }
    const char *kept = ig_arena_text(arena, name, strlen(name));
    names->list[names->count++] = (struct ig_tree_name){key_of(kept), kept};
}

static bool in_order(const struct ig_tree_name *a, const struct ig_tree_name *b)
{
    return a->key != b->key ? a->key < b->key : strcmp(a->name, b->name) <= 0;
}

/* Not qsort(3): musl's takes four times as long over 200,000. */
static void sort_names(struct ig_tree_names *names)
{
    size_t n = names->count;
    for (size_t width = 1; width < n; width *= 2) {
        const struct ig_tree_name *from = names->list;
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n;
            size_t high = low + 2 * width < n ? low + 2 * width : n;
            size_t a = low, b = middle;
            for (size_t i = low; i < high; i++) {
                bool first = b == high || (a < middle && in_order(&from[a], &from[b]));
                names->spare[i] = from[first ? a++ : b++];
            }
        }
        struct ig_tree_name *sorted = names->spare;
        names->spare = names->list;
        names->list = sorted;
    }
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

int ig_tree_read_names(int fd, struct ig_arena *arena, struct ig_tree_names *names)
{
    names->count = 0;
    if (names->window == NULL) {
        names->window = ig_alloc(WINDOW);
    }
    int number = lseek(fd, 0, SEEK_SET) != 0 ? errno : 0;
    while (number == 0) {
        long n = syscall(SYS_getdents64, fd, names->window, (size_t)WINDOW);
        if (n < 0) {
            number = errno;
        }
        if (n <= 0) {
            break;
        }
        for (long at = 0; at < n;) {
            uint16_t length;
            memcpy(&length, names->window + at + AT_LENGTH, sizeof length);
            const char *name = names->window + at + AT_NAME;
            if (!is_dots(name)) {
                add_name(names, arena, name);
            }
            at += length;
        }
    }
    sort_names(names);
    return number;
}

void ig_tree_free_names(struct ig_tree_names *names)
{
    free(names->list);
    free(names->spare);
    free(names->window);
}

/* Does IGNORE name NAME in the directory PATH ("" or ending in a slash)? */
static bool names_it(const char *ignore, const char *path, size_t path_length, const char *name)
{
    if (strncmp(ignore, path, path_length) != 0) {
        return false;
    }
    size_t n = strlen(name);
    const char *rest = ignore + path_length;
    return strncmp(rest, name, n) == 0 && (rest[n] == '\0' || (rest[n] == '/' && rest[n + 1] == '\0'));
}

void ig_tree_drop_ignored(const struct ig_tree_state *state, const struct ig_tree_dir *dir,
                          struct ig_tree_names *names)
{
    IG_AUTO_BUF struct ig_buf path = {0};
    size_t kept = 0;
    if (state->options.ignore_count == 0) {
        return;
    }
    ig_tree_dir_path(dir, &path);
    for (size_t i = 0; i < names->count; i++) {
        bool drop = false;
        for (size_t j = 0; !drop && j < state->options.ignore_count; j++) {
            drop = names_it(state->options.ignore[j], ig_buf_text(&path), path.length,
                            names->list[i].name);
        }
        if (!drop) {
            names->list[kept++] = names->list[i];
        }
    }
    names->count = kept;
}

bool ig_tree_ignores(const struct ig_tree *tree, const char *path)
{
    const struct ig_tree_options *o = &tree->state->options;
    for (size_t i = 0; i < o->ignore_count; i++) {
        size_t n = strlen(o->ignore[i]);
        n -= n > 0 && o->ignore[i][n - 1] == '/';
        if (strncmp(path, o->ignore[i], n) == 0 && (path[n] == '\0' || path[n] == '/')) {
            return true;
        }
    }
    return false;
}

bool ig_tree_ignores_below(const struct ig_tree *tree, const char *path)
{
    const struct ig_tree_options *o = &tree->state->options;
    size_t n = strlen(path);
    for (size_t i = 0; i < o->ignore_count; i++) {
        if (strncmp(o->ignore[i], path, n) == 0 && o->ignore[i][n] == '/' &&
            o->ignore[i][n + 1] != '\0') {
            return true;
        }
    }
    return false;
}
