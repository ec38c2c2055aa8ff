/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/cred.h"

#include <string.h>
#include <strings.h>

#include "core/mem.h"

enum {
    MAY_EXEC = 1,
    MAY_WRITE = 2,
    MAY_READ = 4,
    OVERFLOW_ID = 65534, /* what an id outside the user namespace reads as */
};

enum { ACL_USER_OBJ = 0x01, ACL_USER = 0x02, ACL_GROUP_OBJ = 0x04, ACL_GROUP = 0x08,
       ACL_MASK = 0x10, ACL_OTHER = 0x20 };

enum verdict {
    PERMITTED,
    DENIED,  /* EACCES: a capability may still permit it */
    BROKEN,  /* EIO: nothing overrides that */
};

static const char *const cap_names[] = {
    "CAP_CHOWN",           "CAP_DAC_OVERRIDE",     "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",          "CAP_FSETID",           "CAP_KILL",
    "CAP_SETGID",          "CAP_SETUID",           "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",       "CAP_NET_RAW",          "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",       "CAP_SYS_MODULE",       "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",      "CAP_SYS_PTRACE",       "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",       "CAP_SYS_BOOT",         "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",    "CAP_SYS_TIME",         "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",           "CAP_LEASE",            "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",   "CAP_SETFCAP",          "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",       "CAP_SYSLOG",           "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",   "CAP_AUDIT_READ",       "CAP_PERFMON",
    "CAP_BPF",             "CAP_CHECKPOINT_RESTORE",
};

uint64_t ig_cred_effective(const struct ig_cred *cred)
{
    return cred->uid == 0 ? cred->caps : 0;
}

bool ig_cred_in_group(const struct ig_cred *cred, uint32_t gid)
{
    if (cred->gid == gid) {
        return true;
    }
    for (size_t i = 0; i < cred->group_count; i++) {
        if (cred->groups[i] == gid) {
            return true;
        }
    }
    return false;
}

/* An inode whose owner has no id here belongs to nobody we can name: uid 65534
 * of this namespace is somebody else. */
static bool owns(const struct ig_cred *cred, const struct ig_meta *meta, bool unmapped)
{
    return meta->uid == cred->uid && !(unmapped && meta->uid == OVERFLOW_ID);
}

static bool in_owning_group(const struct ig_cred *cred, const struct ig_meta *meta, bool unmapped)
{
    return ig_cred_in_group(cred, meta->gid) && !(unmapped && meta->gid == OVERFLOW_ID);
}

static enum verdict grants(unsigned perm, unsigned may)
{
    return (perm & may) == may ? PERMITTED : DENIED;
}

/* The entry at INDEX is the one that decides, as far as a mask behind it allows. */
static enum verdict masked(const struct ig_meta *meta, size_t index, unsigned may)
{
    unsigned perm = meta->acl[index].perm;
    for (size_t i = index + 1; i < meta->acl_count; i++) {
        if (meta->acl[i].tag == ACL_MASK) {
            perm &= meta->acl[i].perm;
            break;
        }
    }
    return grants(perm, may);
}

/* posix_acl_permission(): entries in the kernel's order; of the groups any that
 * grants is enough, but one that matches and does not grant bars "other". */
static enum verdict acl_permission(const struct ig_cred *cred, const struct ig_meta *meta,
                                   unsigned may, bool unmapped)
{
    bool found = false;
    for (size_t i = 0; i < meta->acl_count; i++) {
        const struct ig_acl_entry *entry = &meta->acl[i];
        bool in_group = false;
        switch (entry->tag) {
        case ACL_USER_OBJ:
            if (owns(cred, meta, unmapped)) {
                return grants(entry->perm, may);
            }
            break;
        case ACL_USER:
            if (entry->id == cred->uid) {
                return masked(meta, i, may);
            }
            break;
        case ACL_GROUP_OBJ:
            in_group = in_owning_group(cred, meta, unmapped);
            break;
        case ACL_GROUP:
            in_group = ig_cred_in_group(cred, entry->id);
            break;
        case ACL_MASK:
            break;
        case ACL_OTHER:
            return found ? DENIED : grants(entry->perm, may);
        default:
            return BROKEN;
        }
        if (in_group) {
            found = true;
            if (grants(entry->perm, may) == PERMITTED) {
                return masked(meta, i, may);
            }
        }
    }
    return BROKEN;
}

/* acl_permission_check() */
static enum verdict class_permission(const struct ig_cred *cred, const struct ig_meta *meta,
                                     unsigned may, bool unmapped)
{
    if (owns(cred, meta, unmapped)) {
        return grants(meta->mode >> 6, may);
    }
    /* Without a group bit (which is the ACL's mask) the kernel does not look at
     * the ACL at all: a named user then has what "other" has. */
    if ((meta->mode & S_IRWXG) != 0) {
        if (meta->acl_error != 0) {
            /* It may take away what the mode seems to give. */
            return DENIED;
        }
        if (meta->acl != NULL) {
            return acl_permission(cred, meta, may, unmapped);
        }
    }
    return grants(in_owning_group(cred, meta, unmapped) ? meta->mode >> 3 : meta->mode, may);
}

static bool capable(const struct ig_cred *cred, const struct ig_meta *meta, unsigned cap,
                    bool unmapped)
{
    if (unmapped && (meta->uid == OVERFLOW_ID || meta->gid == OVERFLOW_ID)) {
        return false;
    }
    return (ig_cred_effective(cred) >> cap & 1) != 0;
}

bool ig_cred_may(const struct ig_cred *cred, const struct ig_meta *meta, unsigned may,
                 bool unmapped)
{
    may &= MAY_READ | MAY_WRITE | MAY_EXEC;
    enum verdict verdict = class_permission(cred, meta, may, unmapped);
    if (verdict != DENIED) {
        return verdict == PERMITTED;
    }
    bool directory = ig_meta_is(meta, S_IFDIR);
    bool read_search = directory ? (may & MAY_WRITE) == 0 : may == MAY_READ;
    bool override = directory || (may & MAY_EXEC) == 0 || (meta->mode & 0111) != 0;
    return (read_search && capable(cred, meta, IG_CAP_DAC_READ_SEARCH, unmapped)) ||
           (override && capable(cred, meta, IG_CAP_DAC_OVERRIDE, unmapped));
}

int ig_cap_from_name(const char *name)
{
    static const char prefix[] = "CAP_";
    size_t skip = strncasecmp(name, prefix, sizeof prefix - 1) == 0 ? 0 : sizeof prefix - 1;
    for (size_t i = 0; i < IG_COUNT(cap_names); i++) {
        if (strcasecmp(name, cap_names[i] + skip) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *ig_cap_name(int number)
{
    return number >= 0 && (size_t)number < IG_COUNT(cap_names) ? cap_names[number] : NULL;
}
