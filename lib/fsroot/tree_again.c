/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a tree since it was listed. Each directory's names are read anew and compared with
 * what it had, so that no second tree has to fit into memory. */
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "core/parallel.h"
#include "fsroot/tree_priv.h"

struct again {
    struct ig_tree *tree;
    ig_tree_reporter *reporter;
    void *context;
    atomic_size_t next;
    struct ig_tree_names names[IG_THREADS_MAX];
};

static void report(struct again *a, const struct ig_tree_dir *dir, const char *name,
                   enum ig_tree_again what, int number)
{
    IG_AUTO_BUF struct ig_buf path = {0};
    ig_tree_dir_path(dir, &path);
    ig_buf_adds(&path, name);
    pthread_mutex_lock(&a->tree->state->lock);
    a->reporter(a->context, ig_buf_text(&path), what, number);
    pthread_mutex_unlock(&a->tree->state->lock);
}

/* Names that come and go move a folder's times, and whoever writes into a FIFO moves its own. */
static bool is_touched(const struct ig_tree_entry *entry, const struct ig_statx *s)
{
    return !S_ISREG(s->mode) && !S_ISLNK(s->mode) && ig_tree_same(entry, s, false) &&
           s->mode == entry->mode && s->uid == entry->uid && s->gid == entry->gid;
}

static void look(struct again *a, const struct ig_tree_dir *dir, const struct ig_tree_entry *entry,
                 int fd)
{
    struct ig_statx s;
    if (entry->step == IG_TREE_LOOK) {
        return;
    }
    int number = ig_statx(fd, entry->name, &s);
    if (number != 0) {
        report(a, dir, entry->name, number == ENOENT ? IG_TREE_VANISHED : IG_TREE_UNKNOWN, number);
    } else if (!ig_tree_same(entry, &s, (entry->flags & IG_TREE_MOUNT) == 0)) {
        /* What moves on another mount is another volume's. */
        report(a, dir, entry->name, is_touched(entry, &s) ? IG_TREE_TOUCHED : IG_TREE_MOVED, 0);
    }
}

static void compare(struct again *a, const struct ig_tree_dir *dir, int fd,
                    const struct ig_tree_names *names)
{
    size_t i = 0;
    size_t j = 0;
    while (i < dir->count || j < names->count) {
        int order = i == dir->count      ? 1
                    : j == names->count ? -1
                                        : strcmp(dir->children[i].name, names->list[j].name);
        if (order < 0) {
            /* Gone before the first look was done: that is said already. */
            if (dir->children[i].step != IG_TREE_LOOK) {
                report(a, dir, dir->children[i].name, IG_TREE_VANISHED, ENOENT);
            }
            i++;
        } else if (order > 0) {
            report(a, dir, names->list[j++].name, IG_TREE_APPEARED, 0);
        } else {
            look(a, dir, &dir->children[i++], fd);
            j++;
        }
    }
    ig_tree_moved(a->tree, 1 + names->count);
}

static void look_at_root(struct again *a)
{
    struct ig_tree_state *s = a->tree->state;
    const struct ig_meta *was = &a->tree->root;
    struct ig_statx is;
    int number = ig_statx(s->root.fd, "", &is);
    if (number != 0) {
        report(a, &s->root, "", IG_TREE_UNKNOWN, number);
    } else if (is.mode != was->mode || is.uid != was->uid || is.gid != was->gid) {
        report(a, &s->root, "", IG_TREE_MOVED, 0);
    } else if (is.mtime.seconds != was->mtime.tv_sec ||
               is.mtime.nanoseconds != (uint32_t)was->mtime.tv_nsec ||
               is.ctime.seconds != was->ctime.tv_sec ||
               is.ctime.nanoseconds != (uint32_t)was->ctime.tv_nsec) {
        report(a, &s->root, "", IG_TREE_TOUCHED, 0);
    }
}

static void list_again(struct again *a, struct ig_tree_dir *dir, struct ig_tree_names *names)
{
    struct ig_arena arena = {0};
    uint8_t step = IG_TREE_OPEN;
    int number = 0;
    if (dir->entry != NULL && dir->entry->step != IG_TREE_FINE) {
        return;
    }
    int fd = ig_tree_pin(a->tree->state, dir, &step, &number);
    if (fd >= 0) {
        number = ig_tree_read_names(fd, &arena, names);
    }
    if (fd < 0 && (step == IG_TREE_REPLACED || number == ENOENT)) {
        /* Its parent's listing tells. */
    } else if (number != 0) {
        report(a, dir, "", IG_TREE_UNKNOWN, number);
    } else {
        ig_tree_drop_ignored(a->tree->state, dir, names);
        compare(a, dir, fd, names);
    }
    if (fd >= 0) {
        ig_tree_unpin(a->tree->state, dir);
    }
    ig_arena_free(&arena);
}

static void work(void *context, unsigned thread)
{
    struct again *a = context;
    struct ig_tree_state *s = a->tree->state;
    for (size_t i; (i = atomic_fetch_add(&a->next, 1)) < s->dir_count;) {
        list_again(a, s->dirs[i], &a->names[thread]);
    }
}

void ig_tree_look_again(struct ig_tree *tree, ig_tree_reporter *reporter, void *context)
{
    IG_AUTO_FREE struct again *a = ig_alloc(sizeof *a);
    a->tree = tree;
    a->reporter = reporter;
    a->context = context;
    look_at_root(a);
    ig_parallel(tree->state->options.threads, work, a);
    ig_tree_release(tree->state);
    for (unsigned i = 0; i < tree->state->options.threads; i++) {
        ig_tree_free_names(&a->names[i]);
    }
}
