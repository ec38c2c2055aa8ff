/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a directory, and every regular file below it. */
#ifndef IG_FSROOT_LIST_H
#define IG_FSROOT_LIST_H

#include <stdint.h>

#include "fsroot/fsroot.h"

struct ig_names {
    char **list;  /* in byte order, without "." and ".."; owned */
    size_t count;
};

/* The names in the directory FD (O_PATH will do). 0 or the errno; *OUT is to be freed in either
 * case. */
int ig_names_read(int fd, struct ig_names *out);
void ig_names_free(struct ig_names *names);

struct ig_listed {
    const char *path;  /* absolute in the root; borrowed until the call returns */
    int fd;            /* open for reading; closed when the call returns */
    uint32_t mode;
    uint64_t size;     /* bytes; at least 1 */
};

/* Call FOUND for each regular file that is not empty below DIR, names in byte order, symlinks not
 * followed, file systems of the kernel (procfs, sysfs) left out. Stops with -1 where FOUND returns
 * other than 0 or anything cannot be listed or opened (errno in E): a part that was not seen must
 * not pass. With UNSEEN (may be NULL) only DIR itself can fail: it is told of each such part, and
 * the rest is listed. Grafts are not crossed; a hidden one, but for a single file, is a part that
 * was not seen. */
int ig_fsroot_list(const struct ig_fsroot *root, const char *dir,
                   int (*found)(void *context, const struct ig_listed *file, struct ig_error *e),
                   void (*unseen)(void *context, const struct ig_error *why), void *context,
                   struct ig_error *e);

#endif
