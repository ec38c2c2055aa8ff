/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything below one directory, read by several threads.
 *
 * Two passes: ig_tree_list() looks at every name, so that it is known how much there is, then
 * ig_tree_visit() opens the regular files. Symlinks are never followed, FIFOs, devices and sockets
 * never opened, other mounts never entered. What cannot be looked at, or moved meanwhile, is an error
 * of its entry and keeps nothing else from being read.
 *
 * However deep and wide the tree, only some directories are held open: one that was closed is opened
 * again from its parent, and must be the inode that was listed.
 */
#ifndef IG_FSROOT_TREE_H
#define IG_FSROOT_TREE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/error.h"
#include "kernel/meta.h"

enum { IG_TREE_DEPTH_MAX = 4096 };  /* folders below one another */

/* At which step an entry failed; ig_tree_problem() has the words. */
enum ig_tree_step {
    IG_TREE_FINE,
    IG_TREE_LOOK,      /* statx; ENOENT: it vanished since its folder was listed */
    IG_TREE_LINK,      /* readlink */
    IG_TREE_OPEN,      /* opening the folder or file; ENOENT: it vanished */
    IG_TREE_LIST,      /* reading the folder's names: those below it are not all here */
    IG_TREE_DEEP,      /* more than IG_TREE_DEPTH_MAX folders deep: not listed */
    IG_TREE_READ,      /* reading the content */
    IG_TREE_ATTRIBUTE, /* reading security.capability */
    IG_TREE_REPLACED,  /* its name leads to another inode than was listed */
    IG_TREE_CHANGED,   /* size, mtime, ctime, mode or owner moved while it was read */
};

/* flags */
enum {
    IG_TREE_MOUNT = 1,    /* another mount lies here; not listed below, not visited */
    IG_TREE_UNLISTED = 2, /* for a comparison (tree/compare.h): extra, and may be there */
};

struct ig_tree_dir;

/* What few entries have. Lives as long as the tree. */
struct ig_tree_extra {
    const char *target;        /* of a symlink, not escaped; NULL */
    uint32_t rdev_major, rdev_minor;  /* of a device */
    const uint8_t *capability; /* the value of security.capability; NULL for none or not asked */
    size_t capability_size;
    struct ig_acl_entry *acl;  /* NULL for none or not asked */
    size_t acl_count;
    int acl_error;             /* errno value, as in struct ig_meta */
};

/* 112 bytes, since there may be 200,000 in 64 MiB. Names are raw bytes. */
struct ig_tree_entry {
    const char *name;               /* in its folder */
    const struct ig_tree_dir *in;   /* the folder */
    struct ig_tree_extra *extra;    /* NULL for none of it */
    uint64_t size, ino, dev;        /* bytes; of a device's own inode: makedev() of its file system */
    int64_t mtime, ctime;           /* nanoseconds since 1970 */
    uint32_t mode, uid, gid;        /* 0 where it could not be looked at */
    uint16_t error;                 /* errno value, may be 0 in a failed step */
    uint8_t step;                   /* enum ig_tree_step: where it failed */
    uint8_t flags;
    union {
        uint8_t digest[32];         /* of a regular file: for the visitor to fill */
        struct ig_tree_dir *dir;    /* of a directory that was to be listed; else NULL */
    } of;
};

enum { IG_TREE_ACLS = 1 };  /* options.flags: read access ACLs too */

struct ig_tree_options {
    unsigned threads;              /* at least 1 */
    unsigned flags;
    const char *const *ignore;     /* relative paths, "cache" or "cache/": it and all below it are
                                      left out; borrowed for the tree's life */
    size_t ignore_count;
    atomic_ullong *progress;       /* grows by one for each entry looked at or opened; may be NULL */
};

struct ig_tree {
    struct ig_tree_entry **entries;  /* by path, bytes compared as unsigned (LC_ALL=C sort) */
    size_t count;
    struct ig_meta root;             /* the directory itself, which is no entry */
    size_t files;                    /* regular files to visit, and their bytes as listed */
    uint64_t bytes;
    atomic_size_t failed;            /* entries with a step other than IG_TREE_FINE */
    struct ig_tree_state *state;
};

/* List all below DIRFD (O_PATH will do; not kept). -1 where that directory itself cannot be listed, or
 * lies on procfs or sysfs (number ENOTSUP); all else is an error of its entry. ig_tree_free(). */
int ig_tree_list(int dirfd, const struct ig_tree_options *options, struct ig_tree **out,
                 struct ig_error *e);
void ig_tree_free(struct ig_tree *tree);

/* Called with FD open for reading, on thread number THREAD (0 to options.threads - 1). Returns 0, or
 * an errno value that becomes the entry's IG_TREE_READ. A file of size 0 must not be read: one of the
 * kernel's may block. */
typedef int ig_tree_visitor(void *context, unsigned thread, int fd, struct ig_tree_entry *entry);

enum { IG_TREE_CAPABILITIES = 1 };  /* read security.capability of each into its extra */

/* Open every regular file that has no error, the large ones first so that no thread is left alone with
 * one, and afterwards see that the descriptor is what was listed, unchanged. */
void ig_tree_visit(struct ig_tree *tree, unsigned flags, ig_tree_visitor *visitor, void *context);

enum ig_tree_again {
    IG_TREE_APPEARED,
    IG_TREE_VANISHED,
    IG_TREE_MOVED,
    IG_TREE_TOUCHED, /* nothing but the size or times of what is no regular file and no symlink */
    IG_TREE_UNKNOWN,
};

/* Called by one thread at a time. PATH is "" for the root and borrowed; NUMBER is the errno value of
 * IG_TREE_UNKNOWN. */
typedef void ig_tree_reporter(void *context, const char *path, enum ig_tree_again what, int number);

/* List all again, and report each entry that appeared, vanished, or moved (ino, size, mtime, ctime,
 * mode, owner; or was merely touched) since. What had an error then is not looked at, of another
 * mount only whether it still lies there. In no particular order. */
void ig_tree_look_again(struct ig_tree *tree, ig_tree_reporter *reporter, void *context);

/* Append the entry's path, relative to the root, raw bytes. */
void ig_tree_path(const struct ig_tree_entry *entry, struct ig_buf *out);
/* The entry of that path, or NULL. */
struct ig_tree_entry *ig_tree_find(const struct ig_tree *tree, const char *path);
/* Is PATH one of options.ignore, or below one? */
bool ig_tree_ignores(const struct ig_tree *tree, const char *path);
/* Is one of options.ignore below PATH? */
bool ig_tree_ignores_below(const struct ig_tree *tree, const char *path);
/* Its metadata; nlink is 0, the ACL is borrowed: do not free it. */
struct ig_meta ig_tree_meta(const struct ig_tree_entry *entry);
/* What went wrong with it, as the end of a sentence that begins with its name: "cannot be opened:
 * EACCES (Permission denied)". Malloc'd; NULL where nothing did. */
char *ig_tree_problem(const struct ig_tree_entry *entry);

#endif
