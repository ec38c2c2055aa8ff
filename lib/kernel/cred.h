/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials, and what they may do with an inode: the kernel's
 * generic_permission() (fs/namei.c) and posix_acl_permission()
 * (fs/posix_acl.c) over plain data.
 */
#ifndef IG_KERNEL_CRED_H
#define IG_KERNEL_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/meta.h"

/* Capability numbers (include/uapi/linux/capability.h) that rules here name. */
enum {
    IG_CAP_DAC_OVERRIDE = 1,
    IG_CAP_DAC_READ_SEARCH = 2,
    IG_CAP_SYS_ADMIN = 21,
    IG_CAP_LAST = 63,
};

/* What containerd and Docker give a container that asks for nothing: CHOWN
 * DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE
 * NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP. */
#define IG_CAPS_RUNTIME_DEFAULT UINT64_C(0x00000000a80425fb)

struct ig_cred {
    uint32_t uid, gid;
    uint32_t *groups;   /* supplementary; owned */
    size_t group_count;
    uint64_t caps;      /* the container's (bounding) set, bit n = capability n */
};

/* What a process of these credentials has in its effective set after execve:
 * CAPS for uid 0, nothing for any other uid (capabilities(7): without file or
 * ambient capabilities, which Kubernetes does not set, execve as another uid
 * drops them all). */
uint64_t ig_cred_effective(const struct ig_cred *cred);

bool ig_cred_in_group(const struct ig_cred *cred, uint32_t gid);

/* Bits of MAY: 4 read, 2 write, 1 execute or search. UNMAPPED says that owner
 * 65534 means "no id of this user namespace" (then nobody here is its owner, and
 * capabilities do not apply to an inode whose uid or gid it is:
 * capable_wrt_inode_uidgid()). True where the kernel would permit all of MAY on an
 * inode as META. Where the ACL could not be read (acl_error) and matters, only a
 * capability permits. Mount flags (ro, noexec) are not looked at. */
bool ig_cred_may(const struct ig_cred *cred, const struct ig_meta *meta, unsigned may,
                 bool unmapped);

/* Capability number of NAME, with or without "CAP_", any case; -1 if unknown. */
int ig_cap_from_name(const char *name);
/* "CAP_SYS_ADMIN", or NULL beyond those it knows. */
const char *ig_cap_name(int number);

#endif
