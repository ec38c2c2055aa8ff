/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only code that opens paths. Everything below one root descriptor, never
 * outside it: absolute symlinks start at the root again, ".." stops there, and
 * magic links (proc_pid_fd(5)) are refused with ELOOP, as openat2(2) does with
 * RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS (without the latter it says EXDEV),
 * which is this walker's oracle in the tests. It is not its
 * engine: openat2 hides the hops, which the loader's rules judge one by one,
 * and knows nothing of volumes that are mounted elsewhere in the gate's
 * container than in the main one (grafts).
 */
#ifndef IG_FSROOT_FSROOT_H
#define IG_FSROOT_FSROOT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"
#include "kernel/meta.h"

struct ig_fsroot;

/* Open DIR as a root. Relative DIR starts at the working directory. *OUT is
 * closed with ig_fsroot_close(). Errors: number is open(2)'s errno. */
int ig_fsroot_open(const char *dir, struct ig_fsroot **out, struct ig_error *e);
void ig_fsroot_close(struct ig_fsroot *root);

/* Is the root a directory with no entry at all? -1 where it cannot be read. */
int ig_fsroot_is_empty(const struct ig_fsroot *root, struct ig_error *e);

/* Let POINT (absolute, in ROOT, not "/") lead to OWN, an absolute path of this
 * process: a directory or a file. Whatever ROOT has at POINT is hidden, as a
 * mount would; ".." from it leads to POINT's parent in ROOT; an absolute link
 * met inside leads back into ROOT. Symlinks on POINT are followed in ROOT, and
 * earlier grafts crossed, at this call, as a container runtime does when it
 * mounts: graft outer points first. POINT need not exist in ROOT, nor its parents:
 * they are implied, as directories of uid 0, gid 0 and mode 0755 that hold nothing
 * but the way to POINT, since runc and crun make them so (createMountpoint() in runc's
 * libcontainer/rootfs_linux.go: mkdir -p). Errors: number is the errno of walking to
 * OWN; EINVAL for a POINT that is not absolute or is the root. Not thread-safe against
 * walks. */
int ig_fsroot_graft(struct ig_fsroot *root, const char *point, const char *own,
                    struct ig_error *e);

/* The same where the volume on POINT is not at hand: each look-up that comes to it fails with NUMBER
 * (at least IG_EHIDDEN), whatever else ROOT has there, grafts included. Graft what is at hand first,
 * so that links on it are followed. FILE: a single file lies there, so no listing lacks a part.
 * *RESOLVED (malloc'd) is where POINT leads. Errors: number is that of the walk to POINT, which may be
 * another hidden one's; EINVAL as above. */
int ig_fsroot_hide(struct ig_fsroot *root, const char *point, int number, bool file,
                   char **resolved, struct ig_error *e);
/* Let every walk fail with NUMBER. */
void ig_fsroot_seal(struct ig_fsroot *root, int number);
/* Where something mounted on POINT comes to lie: as ig_fsroot_graft() resolves it, malloc'd. What
 * cannot be resolved stays as it stands; *NUMBER (may be NULL) says why then, else it is 0. It is
 * another hidden one's where POINT leads over that: what is mounted on it lies nobody knows where. MOST:
 * so many of the grafts, those that were made first, are there. */
char *ig_fsroot_point(const struct ig_fsroot *root, const char *point, size_t most, int *number);

enum ig_hop_kind { IG_HOP_DIRECTORY, IG_HOP_LINK, IG_HOP_FINAL };

struct ig_hop {
    enum ig_hop_kind kind;
    char *path;            /* absolute in the root, symlink-free but for its own last name; not
                              escaped */
    char *target;          /* of IG_HOP_LINK, else NULL; not escaped */
    struct ig_meta meta;
    bool grafted;          /* lies on a grafted volume */
    bool trailing;         /* of IG_HOP_LINK: it stood in the path's last place, where alone
                              fs.protected_symlinks applies (may_follow_link() in fs/namei.c) */
};

/* A walk: every inode that was passed, in order, the root directory first.
 * A directory that several links lead through, or "..", appears once each time. A hop
 * lies in the nearest IG_HOP_DIRECTORY before it (but for a directory that ".." led to).
 * Every IG_HOP_DIRECTORY was searched, so the kernel asks for execute permission on it;
 * of the final file it asks none. */
struct ig_walk {
    struct ig_hop *hops;
    size_t count;
    char *path;    /* the final file, absolute and symlink-free in the root; where the walk
                      failed, what could not be passed (or found) */
    int fd;        /* O_PATH descriptor of the final file; -1 where the walk failed, and of an
                      implied directory (see ig_fsroot_graft()), which is nowhere */
    int parent_fd; /* O_PATH descriptor of its directory (of a graft's own: where OWN lies);
                      -1 where it failed or the final is the root or an implied directory */
    char *name;    /* its name in that directory; NULL likewise */
    uint64_t above_mnt_id; /* mount id of that directory; 0 where it could not be had, and of a
                              final that is a directory itself */
    int error;     /* 0, or the errno that openat2 would give */
    struct ig_arena memory;  /* of all hops and texts above, but for ACLs; or they lie in */
    struct ig_arena *shared; /* this one, which is the caller's: or NULL */
};

enum {
    IG_WALK_NOFOLLOW = 1,  /* a symlink in the last component is not followed: it is the final */
    IG_WALK_BARE = 2,      /* to see whether anything changed: the final hop alone, without mount id
                              and ACL */
};

/* Let the directory that WALK led to be a root of its own: what leads out of it stays in it. *OUT is
 * closed with ig_fsroot_close(). Errors: WALK's own, ENOTDIR. */
int ig_fsroot_of_walk(const struct ig_walk *walk, struct ig_fsroot **out, struct ig_error *e);

/* Walk PATH (absolute or not, it starts at the root). Returns 0 or -1; in both
 * cases OUT is filled (error says why) and must be freed with ig_walk_free().
 * Errors: ENOENT (also for ""), ENOTDIR, ELOOP (more than 40 symlinks, a magic link, or a
 * symlink on a mount with nosymfollow), ENAMETOOLONG (PATH_MAX, NAME_MAX; here also hops
 * whose paths take more than 16 MiB together), EACCES (the gate itself may not search),
 * EAGAIN (a directory was moved meanwhile), EIO and whatever else a file system says.
 * fs.protected_symlinks is not applied: it is about who walks, see fsroot/permits.h. */
int ig_fsroot_walk(const struct ig_fsroot *root, const char *path, unsigned flags,
                   struct ig_walk *out);
void ig_walk_free(struct ig_walk *walk);
/* Fill OUT as a walk that failed with NUMBER at PATH. */
void ig_walk_failed(struct ig_walk *out, int number, const char *path);
/* The final hop, or NULL where the walk failed. */
const struct ig_hop *ig_walk_final(const struct ig_walk *walk);

/* A directory to walk on from: a loader looks for a hundred libraries in one of them, and each walk
 * from the root would pass the same hops. */
struct ig_dir;
/* Walk to the directory PATH; FLAGS: IG_WALK_BARE, for walks that have it too. 0, or the errno; *OUT
 * is closed with ig_dir_close(), before ROOT. */
int ig_dir_open(const struct ig_fsroot *root, const char *path, unsigned flags,
                struct ig_dir **out);
void ig_dir_close(struct ig_dir *dir);
/* Is there an entry NAME (as below)? 0, or the errno of looking; what it is, a walk must tell. */
int ig_dir_look(const struct ig_dir *dir, const char *name);
/* As ig_fsroot_walk() of that path, a slash, and NAME (not empty, without a slash): the same hops,
 * those up to the directory as they were when it was opened. */
int ig_dir_walk(const struct ig_dir *dir, const char *name, unsigned flags, struct ig_walk *out);
/* The same for a regular file that the gate may read, where nothing but links within the directory is
 * in the way: hops and texts go to MEMORY, OUT->fd is open for reading, OUT->parent_fd stays -1.
 * ENOENT where there is no NAME; -1 where only a look and a walk can tell. OUT is empty in both
 * cases. */
int ig_dir_walk_near(const struct ig_dir *dir, const char *name, struct ig_arena *memory,
                     struct ig_walk *out);
/* Does NAME still lead to the file that it led to in BEFORE, a walk that succeeded, and was that not
 * changed since? */
bool ig_dir_unchanged(const struct ig_dir *dir, const char *name, const struct ig_walk *before);

/* Open the walk's final file for reading. Only regular files: anything else is
 * never opened (a FIFO blocks, a device acts), number EINVAL; of a walk that failed, its
 * error. Where the name leads to another inode than the walk did: number EAGAIN. Returns
 * a descriptor with O_CLOEXEC, or -1. */
int ig_walk_open(const struct ig_walk *walk, struct ig_error *e);

/* Fill META for an open descriptor (O_PATH will do): statx, mount id, ACL.
 * Returns 0 or -1 with the errno in E. An unreadable ACL is no failure here: acl_error. */
int ig_meta_of_fd(int fd, struct ig_meta *meta, struct ig_error *e);

/* Mount flags of what FD lies on (statfs(2) f_flags: ST_RDONLY 1, ST_NOSUID 2, ST_NOEXEC 8,
 * ST_NOSYMFOLLOW 0x2000)
 * and the file system's magic number (f_type). */
int ig_fd_statfs(int fd, unsigned long *flags, unsigned long *magic, struct ig_error *e);

/* The value of extended attribute NAME of FD (O_PATH will do). Returns its size,
 * 0 where there is none or the file system has none, -1 with the errno in E. */
long ig_fd_getxattr(int fd, const char *name, void *value, size_t size, struct ig_error *e);

/* Read a whole file of at most MAX bytes: for small texts whose size is not
 * known beforehand, those of /proc too (st_size 0). Errors: EFBIG beyond MAX. */
int ig_fsroot_slurp(const struct ig_fsroot *root, const char *path, size_t max,
                    struct ig_buf *out, struct ig_error *e);
/* The text of the symlink PATH (not followed; a magic link's text too), malloc'd. */
int ig_fsroot_readlink(const struct ig_fsroot *root, const char *path, char **out,
                       struct ig_error *e);

/* Collapse "//" and "/./", drop a trailing "/" (but for "/" itself); ".." stays
 * (it may cross a symlink). A malloc'd string. */
char *ig_path_normal(const char *path);

#endif
