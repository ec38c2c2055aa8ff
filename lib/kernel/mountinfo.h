/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/mountinfo as data (proc_pid_mountinfo(5)). A parser over text. */
#ifndef IG_KERNEL_MOUNTINFO_H
#define IG_KERNEL_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"

struct ig_mount {
    uint64_t id, parent;
    unsigned major, minor;
    char *root;           /* in its file system; octal escapes undone, "//deleted" cut off (see
                             stale); not always a path: nsfs has "net:[4026531840]" */
    char *point;          /* as this process sees it; octal escapes undone */
    char *options;        /* per mount: "ro,nosuid,noexec" */
    char *fstype;         /* "ext4", "tmpfs", "proc" */
    char *source;         /* as listed, escapes and all; may be "" */
    char *super_options;  /* of the file system: "rw,hidepid=invisible"; escapes stay, so that an
                             escaped comma cannot forge an option */
    bool stale;           /* the root field ended in "//deleted": its source was removed or
                             replaced */
};

struct ig_mounts {
    struct ig_mount *list;  /* in the kernel's order */
    size_t count;
    struct ig_arena memory; /* of its texts */
};

/* Parse TEXT (LENGTH bytes). -1 with the line's number where any line is not
 * mountinfo's form, or the last one lacks its newline: a listing that is half understood
 * must not be judged. No line at all is none: a chroot into a folder has no mounts. */
int ig_mounts_parse(const char *text, size_t length, struct ig_mounts *out, struct ig_error *e);
void ig_mounts_free(struct ig_mounts *mounts);

/* The mount with that id, or NULL. */
const struct ig_mount *ig_mounts_by_id(const struct ig_mounts *mounts, uint64_t id);
/* The topmost mount exactly on POINT (an absolute, normal path), or NULL. */
const struct ig_mount *ig_mounts_on(const struct ig_mounts *mounts, const char *point);

/* The mount that PATH (absolute, normal, symlink-free) lies on: of those on it or on a directory above
 * it, the lowest, and of several there the topmost. NULL where there is none. */
const struct ig_mount *ig_mounts_of(const struct ig_mounts *mounts, const char *path);

/* Is WORD one of the comma-separated OPTIONS? */
bool ig_options_have(const char *options, const char *word);
/* The value of KEY=value in OPTIONS as a malloc'd string, or NULL. */
char *ig_options_value(const char *options, const char *key);

/* The kubelet's volume kind in the root field ("/volumes/kubernetes.io~empty-dir/"
 * gives "empty-dir"), as a malloc'd string; NULL where there is none. *REST (may be
 * NULL) then points into mount->root behind the volume's name ("" or "/a/b"). */
char *ig_mount_kubelet_kind(const struct ig_mount *mount, const char **rest);

#endif
