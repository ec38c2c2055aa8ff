/* SPDX-License-Identifier: Apache-2.0 */
#include "fsroot/statx.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

_Static_assert(offsetof(struct ig_statx, ino) == 0x20, "stx_ino");
_Static_assert(offsetof(struct ig_statx, mtime) == 0x70, "stx_mtime");
_Static_assert(offsetof(struct ig_statx, mnt_id) == 0x90, "stx_mnt_id");
_Static_assert(sizeof(struct ig_statx) == 0x100, "struct statx");

enum { MASK_BASIC = 0x7ff, FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT };

static struct ig_statx_time time_of(const struct timespec *t)
{
    return (struct ig_statx_time){.seconds = t->tv_sec, .nanoseconds = (uint32_t)t->tv_nsec};
}

static int look_plainly(int dirfd, const char *name, struct ig_statx *out)
{
    struct stat s;
    if (fstatat(dirfd, name, &s, FLAGS) != 0) {
        return errno;
    }
    *out = (struct ig_statx){
        .mask = MASK_BASIC,
        .nlink = (uint32_t)s.st_nlink,
        .uid = s.st_uid,
        .gid = s.st_gid,
        .mode = (uint16_t)s.st_mode,
        .ino = s.st_ino,
        .size = (uint64_t)s.st_size,
        .ctime = time_of(&s.st_ctim),
        .mtime = time_of(&s.st_mtim),
        .rdev_major = major(s.st_rdev),
        .rdev_minor = minor(s.st_rdev),
        .dev_major = major(s.st_dev),
        .dev_minor = minor(s.st_dev),
    };
    return 0;
}

int ig_statx(int dirfd, const char *name, struct ig_statx *out)
{
    if (syscall(SYS_statx, dirfd, name, FLAGS, MASK_BASIC | IG_STATX_MNT_ID, out) == 0) {
        return 0;
    }
    return errno == ENOSYS || errno == EPERM ? look_plainly(dirfd, name, out) : errno;
}
