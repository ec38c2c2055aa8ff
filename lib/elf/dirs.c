/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/dirs.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "core/mem.h"
#include "elf/strmap.h"

enum {
    /* Each holds two descriptors, of 1024 that containers have; real programs search some ten. */
    OPEN_MAX = 192,
    /* Mostly absent ones: before 2.37 a directory has eighteen variants for CPUs. */
    KNOWN_MAX = 4096,
};

struct known {
    char *path;
    struct ig_dir *dir;  /* NULL where there is none */
    int number;          /* errno of walking to it */
};

struct ig_dirs {
    unsigned flags;
    pthread_mutex_t lock;  /* guards all below; what is known does not change any more */
    struct ig_strmap index;
    struct known *list;
    size_t count, open;
    size_t last;             /* the one that was asked for last */
};

struct ig_dirs *ig_dirs_new(unsigned flags)
{
    struct ig_dirs *dirs = ig_alloc(sizeof *dirs);
    dirs->flags = flags;
    pthread_mutex_init(&dirs->lock, NULL);
    return dirs;
}

void ig_dirs_free(struct ig_dirs *dirs)
{
    if (dirs == NULL) {
        return;
    }
    for (size_t i = 0; i < dirs->count; i++) {
        ig_dir_close(dirs->list[i].dir);
        free(dirs->list[i].path);
    }
    ig_strmap_free(&dirs->index);
    free(dirs->list);
    pthread_mutex_destroy(&dirs->lock);
    free(dirs);
}

static bool full(const struct ig_dirs *dirs)
{
    return dirs->count >= KNOWN_MAX || dirs->open >= OPEN_MAX;
}

bool ig_dirs_full(struct ig_dirs *dirs)
{
    pthread_mutex_lock(&dirs->lock);
    bool is_full = full(dirs);
    pthread_mutex_unlock(&dirs->lock);
    return is_full;
}

/* What another thread found meanwhile stays; NEW is closed then. False where nothing more is kept,
 * and *NEW is the caller's. */
static bool remember(struct ig_dirs *dirs, const char *path, struct known *new)
{
    pthread_mutex_lock(&dirs->lock);
    size_t index = ig_strmap_get(&dirs->index, path);
    bool add = index == SIZE_MAX && !full(dirs);
    if (add) {
        dirs->list = ig_array_room(dirs->list, dirs->count, sizeof *dirs->list);
        dirs->open += new->dir != NULL;
        new->path = ig_strdup(path);
        ig_strmap_add(&dirs->index, new->path, dirs->count);
        dirs->list[dirs->count++] = *new;
    } else if (index != SIZE_MAX) {
        ig_dir_close(new->dir);
        *new = dirs->list[index];
    }
    pthread_mutex_unlock(&dirs->lock);
    return add || index != SIZE_MAX;
}

/* False where no more directories are kept. */
static bool find(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                 uint64_t *cost, struct known *out)
{
    pthread_mutex_lock(&dirs->lock);
    size_t index = ig_strmap_get(&dirs->index, path);
    bool more = !full(dirs);
    if (index != SIZE_MAX) {
        *out = dirs->list[index];
        dirs->last = index;
    }
    pthread_mutex_unlock(&dirs->lock);
    if (index != SIZE_MAX) {
        return true;
    }
    /* About what a look in a known directory costs, for each name on the way. */
    *cost += strlen(path) / 4;
    if (!more) {
        return false;
    }
    out->number = ig_dir_open(root, path, dirs->flags, &out->dir);
    if (!remember(dirs, path, out)) {
        ig_dir_close(out->dir);
        return false;
    }
    return true;
}

/* Most names are asked for in the directory that the one before was. PATH has LENGTH bytes. */
static bool find_last(struct ig_dirs *dirs, const char *path, size_t length, struct known *out)
{
    pthread_mutex_lock(&dirs->lock);
    bool same = dirs->last < dirs->count &&
                strncmp(dirs->list[dirs->last].path, path, length) == 0 &&
                dirs->list[dirs->last].path[length] == '\0';
    if (same) {
        *out = dirs->list[dirs->last];
    }
    pthread_mutex_unlock(&dirs->lock);
    return same;
}

/* The directory that the absolute PATH lies in (known.dir NULL where there is none), and the NAME
 * there. False where each walk must start at the root. */
static bool find_parent(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                        uint64_t *cost, struct known *known, const char **name)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash[1] == '\0' || strlen(path) >= PATH_MAX) {
        return false;
    }
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    *name = slash + 1;
    ++*cost;
    if (find_last(dirs, path, length, known)) {
        return true;
    }
    IG_AUTO_FREE char *parent = ig_strndup(path, length);
    IG_AUTO_FREE char *normal = ig_path_normal(parent);
    return find(dirs, root, normal, cost, known);
}

int ig_dirs_walk(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                 unsigned flags, uint64_t *cost, struct ig_arena *memory, struct ig_walk *out)
{
    struct known known;
    const char *name;
    if (!find_parent(dirs, root, path, cost, &known, &name)) {
        return ig_fsroot_walk(root, path, flags, out);
    }
    int number = known.number;
    if (known.dir != NULL) {
        number = memory != NULL ? ig_dir_walk_near(known.dir, name, memory, out) : -1;
        if (number == 0) {
            return 0;
        }
        number = number > 0 ? number : ig_dir_look(known.dir, name);
    }
    if (number == 0) {
        return ig_dir_walk(known.dir, name, flags, out);
    }
    ig_walk_failed(out, number, path);
    return -1;
}

bool ig_dirs_unchanged(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                       const struct ig_walk *before)
{
    struct known known;
    const char *name;
    uint64_t cost = 0;
    if (find_parent(dirs, root, path, &cost, &known, &name)) {
        return known.dir != NULL && ig_dir_unchanged(known.dir, name, before);
    }
    struct ig_walk now;
    bool same = ig_fsroot_walk(root, path, IG_WALK_BARE, &now) == 0 &&
                ig_meta_same_content(&ig_walk_final(before)->meta, &ig_walk_final(&now)->meta);
    ig_walk_free(&now);
    return same;
}

int ig_dirs_is_dir(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                   uint64_t *cost)
{
    IG_AUTO_FREE char *normal = ig_path_normal(path);
    struct known known;
    if (find(dirs, root, normal, cost, &known)) {
        return known.number;
    }
    struct ig_dir *dir;
    int number = ig_dir_open(root, normal, dirs->flags, &dir);
    ig_dir_close(dir);
    return number;
}
