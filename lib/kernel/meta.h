/* SPDX-License-Identifier: Apache-2.0 */
/* What statx(2) and the ACL attributes say about one inode: plain data, no
 * descriptor, so that rules over it can be tested without a file. */
#ifndef IG_KERNEL_META_H
#define IG_KERNEL_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum { IG_ACL_ENTRIES_MAX = 1024 };

/* POSIX.1e access ACL entry, as in system.posix_acl_access (acl(5);
 * include/uapi/linux/posix_acl_xattr.h). */
struct ig_acl_entry {
    uint16_t tag;   /* ACL_USER_OBJ 0x01, USER 0x02, GROUP_OBJ 0x04, GROUP 0x08, MASK 0x10,
                       OTHER 0x20 */
    uint16_t perm;  /* 4 read, 2 write, 1 execute */
    uint32_t id;    /* uid or gid of USER and GROUP entries, else 0xffffffff */
};

struct ig_meta {
    uint32_t mode;      /* type and permission bits, as st_mode */
    uint32_t uid, gid;  /* as this user namespace shows them */
    uint32_t nlink;
    uint64_t size;      /* bytes */
    uint64_t ino;
    uint64_t dev;       /* makedev(major, minor) */
    uint64_t mnt_id;    /* first field of mountinfo; 0 where it could not be had */
    struct timespec mtime, ctime;
    struct ig_acl_entry *acl;  /* owned; NULL where there is no access ACL */
    size_t acl_count;
    int acl_error;      /* errno value where the ACL could not be read, else 0 */
};

static inline bool ig_meta_is(const struct ig_meta *meta, uint32_t type)
{
    return (meta->mode & S_IFMT) == type;
}

/* The same inode with the same size, mtime and ctime: nobody wrote to it in between. */
bool ig_meta_same_content(const struct ig_meta *a, const struct ig_meta *b);

void ig_meta_free(struct ig_meta *meta);
/* Deep copy of FROM into TO (which is overwritten, not freed). */
void ig_meta_copy(struct ig_meta *to, const struct ig_meta *from);

/* The file type as a reader would name it: "regular file", "directory", "FIFO",
 * "socket", "character device", "block device", "symbolic link". */
const char *ig_meta_type(const struct ig_meta *meta);

/* Parse the value of system.posix_acl_access into META. Returns 0, or -1 (and
 * sets acl_error to EINVAL) where it is not version 2 or not whole entries. */
int ig_acl_parse(const void *value, size_t size, struct ig_meta *meta);

#endif
