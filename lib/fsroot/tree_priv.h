/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lib/fsroot/tree_*.c share among themselves. */
#ifndef IG_FSROOT_TREE_PRIV_H
#define IG_FSROOT_TREE_PRIV_H

#include <pthread.h>

#include "core/arena.h"
#include "fsroot/statx.h"
#include "fsroot/tree.h"

/* A directory that was, or is to be, listed. */
struct ig_tree_dir {
    struct ig_tree_entry *entry;     /* NULL of the root */
    struct ig_tree_dir *parent;      /* NULL of the root */
    struct ig_tree_entry *children;  /* by name; COUNT of them */
    size_t count;
    unsigned depth;                  /* 0 of the root */
    unsigned pins;                   /* threads that use fd; guarded by state.fds_lock, as these: */
    int fd;                          /* -1 while it is not held open */
    struct ig_tree_dir *older, *newer;  /* among those that are open and not pinned */
};

struct ig_tree_job {
    struct ig_tree_dir *dir;
    size_t from, to;  /* children to look at; both 0: list the directory first */
};

struct ig_tree_state {
    struct ig_tree_options options;
    struct ig_tree_dir root;
    bool mounts_known;
    uint64_t mnt_id, dev;            /* of the root */
    int root_error;
    struct ig_arena *arenas;         /* one a thread */
    struct ig_tree_dir **dirs;       /* all that were listed */
    size_t dir_count;

    pthread_mutex_t fds_lock;
    struct ig_tree_dir *oldest, *newest;
    unsigned held, held_max;         /* descriptors of directories, the root's not counted */
    atomic_uint naps;                /* spent waiting for a free descriptor */

    pthread_mutex_t lock;            /* guards the jobs, dirs, and what reporters are told */
    pthread_cond_t change;
    struct ig_tree_job *jobs;
    size_t job_count, job_room, active;
};

/* --- tree_fds.c --- */
/* A descriptor of DIR, until ig_tree_unpin(); -1 with the step and errno. */
int ig_tree_pin(struct ig_tree_state *state, struct ig_tree_dir *dir, uint8_t *step, int *number);
void ig_tree_unpin(struct ig_tree_state *state, struct ig_tree_dir *dir);
/* openat(2) that closes held directories, and waits a little, where there are no descriptors. */
int ig_tree_openat(struct ig_tree_state *state, int dirfd, const char *name, int flags);
/* Close all that is held and not pinned. */
void ig_tree_release(struct ig_tree_state *state);

/* --- tree_names.c --- */
struct ig_tree_name {
    uint64_t key;  /* the first eight bytes, so that most comparisons need no look at the name */
    const char *name;
};
struct ig_tree_names {
    struct ig_tree_name *list, *spare;
    size_t count, room;
    char *window;  /* what getdents64() fills */
};
/* Read the names of FD into ARENA, without "." and "..", sorted. 0, or errno (then some are there). */
int ig_tree_read_names(int fd, struct ig_arena *arena, struct ig_tree_names *names);
void ig_tree_free_names(struct ig_tree_names *names);
/* The list with all names that options.ignore leaves out of DIR removed. */
void ig_tree_drop_ignored(const struct ig_tree_state *state, const struct ig_tree_dir *dir,
                          struct ig_tree_names *names);

/* --- tree_look.c --- */
/* Look at DIR's children FROM to TO by its descriptor FD. Directories get their of.dir. */
void ig_tree_look(struct ig_tree *tree, struct ig_arena *arena, struct ig_tree_dir *dir, int fd,
                  size_t from, size_t to);
void ig_tree_fail(struct ig_tree *tree, struct ig_tree_entry *entry, enum ig_tree_step step,
                  int number);
struct ig_tree_extra *ig_tree_extra(struct ig_arena *arena, struct ig_tree_entry *entry);
int64_t ig_tree_nanoseconds(int64_t seconds, uint32_t nanoseconds);
uint64_t ig_tree_dev(const struct ig_statx *s);
/* Is S what ENTRY was when it was listed: type and inode, and with CONTENT all else too? */
bool ig_tree_same(const struct ig_tree_entry *entry, const struct ig_statx *s, bool content);

/* --- tree_order.c --- */
void ig_tree_order(struct ig_tree *tree);
void ig_tree_dir_path(const struct ig_tree_dir *dir, struct ig_buf *out);

/* --- tree.c --- */
void ig_tree_push(struct ig_tree *tree, struct ig_tree_job job);
void ig_tree_moved(const struct ig_tree *tree, unsigned long long by);

#endif
