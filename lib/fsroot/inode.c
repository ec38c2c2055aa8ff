/* SPDX-License-Identifier: Apache-2.0 */
/* What an open descriptor says about its inode. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/internal.h"
#include "fsroot/statx.h"

enum { FEW_ENTRIES = 16 };

int ig_fd_duplicate(int fd)
{
    /* Not fcntl(2): musl's asks the kernel twice, for the sake of Linux before 2.6.24. */
    return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
}

/* Before Linux 5.8 statx() has no mount id, and old seccomp profiles refuse it. */
static uint64_t mount_id_of_fdinfo(int fd)
{
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    IG_AUTO_CLOSE int info = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = info >= 0 ? read(info, text, sizeof text - 1) : -1;
    if (length <= 0) {
        return 0;
    }
    text[length] = '\0';
    const char *key = strstr(text, "mnt_id:");
    return key != NULL ? strtoull(key + strlen("mnt_id:"), NULL, 10) : 0;
}

static void read_acl(int fd, struct ig_meta *meta)
{
    static const char name[] = "system.posix_acl_access";
    unsigned char value[4 + 8 * IG_ACL_ENTRIES_MAX];
    struct ig_error e;
    /* The kernel allocates as much as is asked for, and hardly any file has one. */
    long size = ig_fd_getxattr(fd, name, value, 4 + 8 * FEW_ENTRIES, &e);
    if (size < 0 && e.number == ERANGE) {
        size = ig_fd_getxattr(fd, name, value, sizeof value, &e);
    }
    if (size < 0) {
        meta->acl_error = e.number;
    } else if (size > 0) {
        ig_acl_parse(value, (size_t)size, meta);
    }
}

int ig_meta_of_fd(int fd, struct ig_meta *meta, struct ig_error *e)
{
    return ig_meta_read(fd, false, meta, e);
}

void ig_meta_of_stat(const struct stat *s, struct ig_meta *meta)
{
    *meta = (struct ig_meta){
        .mode = s->st_mode,
        .uid = s->st_uid,
        .gid = s->st_gid,
        .nlink = (uint32_t)s->st_nlink,
        .size = (uint64_t)s->st_size,
        .ino = s->st_ino,
        .dev = s->st_dev,
        .mtime = s->st_mtim,
        .ctime = s->st_ctim,
    };
}

static struct timespec time_of(const struct ig_statx_time *t)
{
    return (struct timespec){.tv_sec = (time_t)t->seconds, .tv_nsec = t->nanoseconds};
}

static bool take_statx(const struct ig_statx *s, struct ig_meta *meta)
{
    bool has_mount = (s->mask & IG_STATX_MNT_ID) != 0;
    *meta = (struct ig_meta){
        .mode = s->mode,
        .uid = s->uid,
        .gid = s->gid,
        .nlink = s->nlink,
        .size = s->size,
        .ino = s->ino,
        .dev = makedev(s->dev_major, s->dev_minor),
        .mnt_id = has_mount ? s->mnt_id : 0,
        .mtime = time_of(&s->mtime),
        .ctime = time_of(&s->ctime),
    };
    return has_mount;
}

int ig_meta_at(int dirfd, const char *name, struct ig_meta *meta)
{
    struct ig_statx s = {0};
    int number = ig_statx(dirfd, name, &s);
    take_statx(&s, meta);
    return number;
}

static int read_whole(int fd, struct ig_meta *meta)
{
    struct ig_statx s = {0};
    int number = ig_statx(fd, "", &s);
    if (!take_statx(&s, meta) && number == 0) {
        meta->mnt_id = mount_id_of_fdinfo(fd);
    }
    if (number == 0 && !S_ISLNK(s.mode)) {
        read_acl(fd, meta);
    }
    return number;
}

static int read_bare(int fd, struct ig_meta *meta)
{
    struct stat s;
    if (fstat(fd, &s) != 0) {
        return errno;
    }
    ig_meta_of_stat(&s, meta);
    return 0;
}

int ig_meta_read(int fd, bool bare, struct ig_meta *meta, struct ig_error *e)
{
    int number = bare ? read_bare(fd, meta) : read_whole(fd, meta);
    return number != 0 ? ig_error_set(e, number, "stat") : 0;
}

int ig_fd_statfs(int fd, unsigned long *flags, unsigned long *magic, struct ig_error *e)
{
    struct statfs s;
    int result;
    do {
        result = fstatfs(fd, &s);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        return ig_error_set(e, errno, "statfs");
    }
    *flags = (unsigned long)s.f_flags;
    /* f_type is signed on some machines: a magic number with the top bit would not
     * compare equal. */
    *magic = (unsigned long)s.f_type & 0xffffffffUL;
    return 0;
}

/* Not snprintf(): this is asked of every inode on every way. */
static void path_of_fd(int fd, char path[static 32])
{
    static const char folder[] = "/proc/self/fd/";
    char *end = path + sizeof folder - 1;
    unsigned divisor = 1;
    memcpy(path, folder, sizeof folder - 1);
    while ((unsigned)fd / divisor >= 10) {
        divisor *= 10;
    }
    for (; divisor != 0; divisor /= 10) {
        *end++ = (char)('0' + (unsigned)fd / divisor % 10);
    }
    *end = '\0';
}

long ig_fd_getxattr(int fd, const char *name, void *value, size_t size, struct ig_error *e)
{
    ssize_t length = fgetxattr(fd, name, value, size);
    if (length < 0 && errno == EBADF) {
        /* It refuses O_PATH descriptors; their magic link does not. */
        char path[32];
        path_of_fd(fd, path);
        length = getxattr(path, name, value, size);
    }
    if (length >= 0) {
        return length;
    }
    if (errno == ENODATA || errno == EOPNOTSUPP) {
        return 0;
    }
    return ig_error_set(e, errno, "reading the extended attribute %s", name);
}

char *ig_fd_readlink(int fd)
{
    char text[PATH_MAX + 1];
    ssize_t length = readlinkat(fd, "", text, sizeof text);
    if (length < 0) {
        return NULL;
    }
    if ((size_t)length >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return ig_strndup(text, (size_t)length);
}
