/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/meta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

void ig_meta_free(struct ig_meta *meta)
{
    free(meta->acl);
    meta->acl = NULL;
    meta->acl_count = 0;
}

void ig_meta_copy(struct ig_meta *to, const struct ig_meta *from)
{
    *to = *from;
    if (from->acl != NULL) {
        to->acl = ig_alloc_array(from->acl_count, sizeof *to->acl);
        memcpy(to->acl, from->acl, from->acl_count * sizeof *to->acl);
    }
}

const char *ig_meta_type(const struct ig_meta *meta)
{
    switch (meta->mode & S_IFMT) {
    case S_IFREG:
        return "regular file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symbolic link";
    case S_IFIFO:
        return "FIFO";
    case S_IFSOCK:
        return "socket";
    case S_IFCHR:
        return "character device";
    case S_IFBLK:
        return "block device";
    default:
        return "file of unknown type";
    }
}

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

int ig_acl_parse(const void *value, size_t size, struct ig_meta *meta)
{
    enum { HEADER = 4, ENTRY = 8, VERSION = 2 };
    const uint8_t *bytes = value;
    ig_meta_free(meta);
    if (size < HEADER || le32(bytes) != VERSION || (size - HEADER) % ENTRY != 0 ||
        (size - HEADER) / ENTRY > IG_ACL_ENTRIES_MAX) {
        meta->acl_error = EINVAL;
        return -1;
    }
    meta->acl_error = 0;
    size_t count = (size - HEADER) / ENTRY;
    if (count == 0) {
        /* posix_acl_from_xattr(): an ACL without entries is no ACL. */
        return 0;
    }
    meta->acl = ig_alloc_array(count, sizeof *meta->acl);
    meta->acl_count = count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = bytes + HEADER + i * ENTRY;
        meta->acl[i] = (struct ig_acl_entry){
            .tag = le16(entry),
            .perm = le16(entry + 2),
            .id = le32(entry + 4),
        };
    }
    return 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool ig_meta_same_content(const struct ig_meta *a, const struct ig_meta *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           same_time(&a->mtime, &b->mtime) && same_time(&a->ctime, &b->ctime);
}
