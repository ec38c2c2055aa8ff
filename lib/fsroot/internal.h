/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lib/fsroot share among themselves. */
#ifndef IG_FSROOT_INTERNAL_H
#define IG_FSROOT_INTERNAL_H

#include "fsroot/fsroot.h"

struct ig_graft {
    char *point;        /* where in the root; absolute, symlink-free */
    int hidden;         /* what a look-up fails with that comes there; 0: it leads to OWN */
    bool file;          /* of a hidden one: a single file lies there */
    struct ig_walk own; /* what stands there, walked from this process's "/" */
};

struct ig_fsroot {
    int fd; /* O_PATH directory */
    struct ig_graft *grafts;
    size_t graft_count;
    int sealed;  /* what each walk fails with; 0 for none */
};

/* The graft exactly on PATH, or NULL. A hidden one before any other: which of two volumes a runtime
 * mounts last is not known. */
const struct ig_graft *ig_fsroot_graft_on(const struct ig_fsroot *root, const char *path);
/* Is there a graft below PATH? */
bool ig_fsroot_graft_below(const struct ig_fsroot *root, const char *path);
/* One of those that are hidden and may hold files, or NULL. */
const struct ig_graft *ig_fsroot_hidden_below(const struct ig_fsroot *root, const char *path);

/* As ig_fsroot_walk() with IG_WALK_BARE, and what was left of the text, malloc'd: where the walk failed with
 * ENOENT, "path" and "/" and *REST name what is missing. */
int ig_fsroot_walk_rest(const struct ig_fsroot *root, const char *path, struct ig_walk *out,
                        char **rest);

/* A second descriptor of the same open file, with O_CLOEXEC; -1 and errno. */
int ig_fd_duplicate(int fd);

/* What stat(2) tells: no mount id, no ACL. */
void ig_meta_of_stat(const struct stat *s, struct ig_meta *meta);
/* As ig_meta_of_fd(); BARE: without mount id and ACL. */
int ig_meta_read(int fd, bool bare, struct ig_meta *meta, struct ig_error *e);

/* What NAME in DIRFD is, not followed: without ACL, and with its mount id where statx(2) tells it. 0,
 * or errno. */
int ig_meta_at(int dirfd, const char *name, struct ig_meta *meta);

/* Where the texts and hops of WALK lie. */
static inline struct ig_arena *ig_walk_memory(struct ig_walk *walk)
{
    return walk->shared != NULL ? walk->shared : &walk->memory;
}

/* Open NAME of DIRFD, a regular file as far as is known, for reading; -1 and errno. */
int ig_open_regular_at(int dirfd, const char *name);

/* The text of the symlink that FD (O_PATH|O_NOFOLLOW) is, malloc'd; NULL and errno. */
char *ig_fd_readlink(int fd);

#endif
