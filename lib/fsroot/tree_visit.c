/* SPDX-License-Identifier: Apache-2.0 */
/* Opening every regular file of a tree. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/parallel.h"
#include "fsroot/tree_priv.h"

/* From LARGE bytes a file is a task of its own; of smaller ones a thread takes BATCH at once. */
enum { LARGE = 4 << 20, BATCH = 64 };

struct visit {
    struct ig_tree *tree;
    unsigned flags;
    ig_tree_visitor *visitor;
    void *context;
    struct ig_tree_entry **large;  /* the largest first */
    size_t large_count;
    atomic_size_t next_large;
    size_t dir, child;             /* where the next batch begins; guarded by state.lock */
};

struct batch {
    struct ig_tree_dir *dir;
    size_t from, to;
};

static bool to_visit(const struct ig_tree_entry *entry)
{
    return S_ISREG(entry->mode) && entry->step == IG_TREE_FINE &&
           (entry->flags & IG_TREE_MOUNT) == 0;
}

static void read_capability(const struct visit *v, unsigned thread, struct ig_tree_entry *entry,
                            int fd)
{
    uint8_t value[XATTR_CAPS_SZ_3];
    ssize_t n = fgetxattr(fd, "security.capability", value, sizeof value);
    if (n > 0) {
        struct ig_arena *arena = &v->tree->state->arenas[thread];
        uint8_t *kept = ig_arena_alloc(arena, (size_t)n);
        memcpy(kept, value, (size_t)n);
        struct ig_tree_extra *extra = ig_tree_extra(arena, entry);
        extra->capability = kept;
        extra->capability_size = (size_t)n;
    } else if (n < 0 && errno != ENODATA && errno != EOPNOTSUPP) {
        ig_tree_fail(v->tree, entry, IG_TREE_ATTRIBUTE, errno);
    }
}

static bool same_file(const struct ig_tree_entry *entry, const struct stat *st, bool content)
{
    if (st->st_ino != entry->ino || st->st_dev != entry->dev || !S_ISREG(st->st_mode)) {
        return false;
    }
    return !content ||
           ((uint64_t)st->st_size == entry->size && st->st_mode == entry->mode &&
            st->st_uid == entry->uid && st->st_gid == entry->gid &&
            ig_tree_nanoseconds(st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec) ==
                entry->mtime &&
            ig_tree_nanoseconds(st->st_ctim.tv_sec, (uint32_t)st->st_ctim.tv_nsec) ==
                entry->ctime);
}

/* The inode is looked at after it was read, which tells both whether it is the one that was listed
 * and whether it stayed as it was. */
static void visit_open(const struct visit *v, unsigned thread, struct ig_tree_entry *entry, int fd)
{
    struct stat st;
    int number = v->visitor(v->context, thread, fd, entry);
    if ((v->flags & IG_TREE_CAPABILITIES) != 0) {
        read_capability(v, thread, entry, fd);
    }
    if (fstat(fd, &st) != 0) {
        ig_tree_fail(v->tree, entry, IG_TREE_LOOK, errno);
    } else if (!same_file(entry, &st, false)) {
        ig_tree_fail(v->tree, entry, IG_TREE_REPLACED, 0);
    } else if (!same_file(entry, &st, true)) {
        ig_tree_fail(v->tree, entry, IG_TREE_CHANGED, 0);
    } else if (number != 0) {
        ig_tree_fail(v->tree, entry, IG_TREE_READ, number);
    }
}

static void visit_one(const struct visit *v, unsigned thread, struct ig_tree_entry *entry, int dir)
{
    int fd = ig_tree_openat(v->tree->state, dir, entry->name,
                            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) {
        visit_open(v, thread, entry, fd);
        close(fd);
    } else if (errno == ELOOP || errno == ENXIO || errno == ENOTDIR) {
        ig_tree_fail(v->tree, entry, IG_TREE_REPLACED, 0);
    } else {
        ig_tree_fail(v->tree, entry, IG_TREE_OPEN, errno);
    }
    ig_tree_moved(v->tree, 1);
}

static void visit_batch(const struct visit *v, unsigned thread, const struct batch *batch,
                        bool large)
{
    uint8_t step = IG_TREE_OPEN;
    int number = 0;
    int dir = ig_tree_pin(v->tree->state, batch->dir, &step, &number);
    for (size_t i = batch->from; i < batch->to; i++) {
        struct ig_tree_entry *entry = &batch->dir->children[i];
        if (!to_visit(entry) || (entry->size >= LARGE) != large) {
            continue;
        }
        if (dir < 0) {
            ig_tree_fail(v->tree, entry, step, number);
        } else {
            visit_one(v, thread, entry, dir);
        }
    }
    if (dir >= 0) {
        ig_tree_unpin(v->tree->state, batch->dir);
    }
}

static bool take_batch(struct visit *v, struct batch *batch)
{
    struct ig_tree_state *s = v->tree->state;
    bool found = false;
    pthread_mutex_lock(&s->lock);
    while (!found && v->dir < s->dir_count) {
        struct ig_tree_dir *dir = s->dirs[v->dir];
        size_t to = dir->count - v->child > BATCH ? v->child + BATCH : dir->count;
        *batch = (struct batch){dir, v->child, to};
        found = to > v->child;
        v->child = to;
        if (to == dir->count) {
            v->dir++;
            v->child = 0;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static void work(void *context, unsigned thread)
{
    struct visit *v = context;
    struct batch batch;
    for (size_t i; (i = atomic_fetch_add(&v->next_large, 1)) < v->large_count;) {
        /* Its folder is not const here: it is this tree's. */
        struct ig_tree_dir *dir = (struct ig_tree_dir *)v->large[i]->in;
        size_t at = (size_t)(v->large[i] - dir->children);
        visit_batch(v, thread, &(struct batch){dir, at, at + 1}, true);
    }
    while (take_batch(v, &batch)) {
        visit_batch(v, thread, &batch, false);
    }
}

static int by_size_falling(const void *a, const void *b)
{
    uint64_t x = (*(struct ig_tree_entry *const *)a)->size;
    uint64_t y = (*(struct ig_tree_entry *const *)b)->size;
    return (x < y) - (x > y);
}

static void find_large(struct visit *v)
{
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        v->large_count = 0;
        for (size_t i = 0; i < v->tree->count; i++) {
            struct ig_tree_entry *entry = v->tree->entries[i];
            if (to_visit(entry) && entry->size >= LARGE) {
                if (pass == 1) {
                    v->large[v->large_count] = entry;
                }
                v->large_count++;
            }
        }
        if (pass == 0) {
            count = v->large_count;
            v->large = ig_alloc_array(count, sizeof(void *));
        }
    }
    qsort(v->large, count, sizeof(void *), by_size_falling);
}

void ig_tree_visit(struct ig_tree *tree, unsigned flags, ig_tree_visitor *visitor, void *context)
{
    struct visit v = {.tree = tree, .flags = flags, .visitor = visitor, .context = context};
    find_large(&v);
    ig_parallel(tree->state->options.threads, work, &v);
    ig_tree_release(tree->state);
    free(v.large);
}
