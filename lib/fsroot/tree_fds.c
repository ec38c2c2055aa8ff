/* SPDX-License-Identifier: Apache-2.0 */
/* Which directories of a tree are held open. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/tree_priv.h"

/* Two seconds in all: long enough for another check's threads to close theirs, and 20,000 files
 * without a descriptor must not take hours. */
enum { NAPS_MAX = 400, NAP_NANOSECONDS = 5000000 };

static void unlink_open(struct ig_tree_state *s, struct ig_tree_dir *dir)
{
    *(dir->older != NULL ? &dir->older->newer : &s->oldest) = dir->newer;
    *(dir->newer != NULL ? &dir->newer->older : &s->newest) = dir->older;
    dir->older = NULL;
    dir->newer = NULL;
}

static void append_open(struct ig_tree_state *s, struct ig_tree_dir *dir)
{
    dir->older = s->newest;
    dir->newer = NULL;
    *(s->newest != NULL ? &s->newest->newer : &s->oldest) = dir;
    s->newest = dir;
}

static void close_down_to(struct ig_tree_state *s, unsigned limit)
{
    while (s->held > limit && s->oldest != NULL) {
        struct ig_tree_dir *dir = s->oldest;
        unlink_open(s, dir);
        close(dir->fd);
        dir->fd = -1;
        s->held--;
    }
}

void ig_tree_release(struct ig_tree_state *s)
{
    pthread_mutex_lock(&s->fds_lock);
    close_down_to(s, 0);
    pthread_mutex_unlock(&s->fds_lock);
}

int ig_tree_openat(struct ig_tree_state *s, int dirfd, const char *name, int flags)
{
    for (;;) {
        int fd = openat(dirfd, name, flags);
        if (fd >= 0 || (errno != EMFILE && errno != ENFILE)) {
            return fd;
        }
        ig_tree_release(s);
        if (atomic_fetch_add(&s->naps, 1) >= NAPS_MAX) {
            atomic_store(&s->naps, NAPS_MAX);
            return openat(dirfd, name, flags);
        }
        nanosleep(&(struct timespec){.tv_nsec = NAP_NANOSECONDS}, NULL);
    }
}

/* Locked. */
static void pin(struct ig_tree_state *s, struct ig_tree_dir *dir)
{
    if (dir->pins++ == 0 && dir->parent != NULL) {
        unlink_open(s, dir);
    }
}

/* Locked. */
static void unpin(struct ig_tree_state *s, struct ig_tree_dir *dir)
{
    if (--dir->pins == 0 && dir->parent != NULL) {
        append_open(s, dir);
        close_down_to(s, s->held_max);
    }
}

void ig_tree_unpin(struct ig_tree_state *s, struct ig_tree_dir *dir)
{
    pthread_mutex_lock(&s->fds_lock);
    unpin(s, dir);
    pthread_mutex_unlock(&s->fds_lock);
}

/* A directory that was moved away and replaced must not be taken for the one that was listed. */
static int open_child(struct ig_tree_state *s, int parent, const struct ig_tree_dir *child,
                      uint8_t *step, int *number)
{
    struct stat st;
    int fd = ig_tree_openat(s, parent, child->entry->name,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    *step = IG_TREE_OPEN;
    if (fd < 0) {
        *number = errno;
        if (errno == ELOOP || errno == ENOTDIR) {
            *step = IG_TREE_REPLACED;
            *number = 0;
        }
        return -1;
    }
    if (fstat(fd, &st) != 0) {
        *number = errno;
        close(fd);
        return -1;
    }
    if (st.st_ino != child->entry->ino || st.st_dev != child->entry->dev) {
        *step = IG_TREE_REPLACED;
        *number = 0;
        close(fd);
        return -1;
    }
    return fd;
}

/* From PARENT, which is pinned, to CHILD, which then is in its place. -1 where it cannot be opened;
 * nothing is pinned then. */
static int step_down(struct ig_tree_state *s, struct ig_tree_dir *parent, struct ig_tree_dir *child,
                     uint8_t *step, int *number)
{
    pthread_mutex_lock(&s->fds_lock);
    bool open = child->fd >= 0;
    if (open) {
        pin(s, child);
    }
    pthread_mutex_unlock(&s->fds_lock);
    int fd = open ? -1 : open_child(s, parent->fd, child, step, number);
    pthread_mutex_lock(&s->fds_lock);
    if (!open && child->fd >= 0) {
        /* Another thread was faster. */
        pin(s, child);
        open = true;
    } else if (fd >= 0) {
        child->fd = ig_steal_fd(&fd);
        child->pins = 1;
        s->held++;
        open = true;
    }
    unpin(s, parent);
    pthread_mutex_unlock(&s->fds_lock);
    if (fd >= 0) {
        close(fd);
    }
    return open ? 0 : -1;
}

int ig_tree_pin(struct ig_tree_state *s, struct ig_tree_dir *dir, uint8_t *step, int *number)
{
    struct ig_tree_dir *chain[IG_TREE_DEPTH_MAX + 1];
    size_t length = 0;
    pthread_mutex_lock(&s->fds_lock);
    struct ig_tree_dir *at = dir;
    while (at->fd < 0) {
        chain[length++] = at;
        at = at->parent;
    }
    pin(s, at);
    pthread_mutex_unlock(&s->fds_lock);
    while (length > 0) {
        struct ig_tree_dir *next = chain[--length];
        if (step_down(s, at, next, step, number) != 0) {
            return -1;
        }
        at = next;
    }
    return at->fd;
}
