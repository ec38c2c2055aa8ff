/* SPDX-License-Identifier: Apache-2.0 */
/* statx(2) with the mount id, also where libc's own struct lacks it. */
#ifndef IG_FSROOT_STATX_H
#define IG_FSROOT_STATX_H

#include <stdint.h>

struct ig_statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t unused;
};

/* The kernel's struct statx (include/uapi/linux/stat.h). musl and older glibc declare one without
 * the mount id, and linux/stat.h cannot be included beside theirs. */
struct ig_statx {
    uint32_t mask;
    uint32_t block_size;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, unused;
    uint64_t ino, size, blocks, attributes_mask;
    struct ig_statx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t mnt_id;
    uint8_t after[104];
};

enum { IG_STATX_MNT_ID = 0x1000 };  /* in mask: mnt_id is known (Linux 5.8) */

/* Look at NAME below DIRFD, not following it ("": DIRFD itself). Where statx() is not to be had
 * (before Linux 4.11, old seccomp profiles) as fstatat(2) tells, without a mount id. 0, or errno. */
int ig_statx(int dirfd, const char *name, struct ig_statx *out);

#endif
