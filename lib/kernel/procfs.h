/* SPDX-License-Identifier: Apache-2.0 */
/* What a container's /proc gives away, as rules over parsed text: no check
 * hardcodes the runtimes' lists of masked paths, which grow with releases. */
#ifndef IG_KERNEL_PROCFS_H
#define IG_KERNEL_PROCFS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "kernel/mountinfo.h"
#include "kernel/status.h"

/* /proc/self/ns/pid of the initial PID namespace: PROC_PID_INIT_INO in
 * include/linux/proc_ns.h. */
#define IG_PIDNS_HOST "pid:[4026531836]"

/* What the gate can see of its PID namespace. Strings borrowed; NULL where unreadable. */
struct ig_pidns_facts {
    const char *ns_link;      /* text of /proc/self/ns/pid */
    uint32_t own_pid;
    const char *pid1_comm;    /* /proc/1/comm, without the newline */
    const char *pid1_cmdline; /* /proc/1/cmdline up to its first NUL, and ... */
    const char *pid1_args;    /* ... the rest with NULs as spaces */
    const char *own_cgroup;   /* /proc/self/cgroup */
    const char *pid1_cgroup;  /* /proc/1/cgroup */
};

enum ig_pidns {
    IG_PIDNS_UNKNOWN,  /* pid 1 cannot be looked at (hidepid) */
    IG_PIDNS_OWN,      /* the container's own */
    IG_PIDNS_SHARED,   /* the pod's: pid 1 is the pause process */
    IG_PIDNS_OF_HOST,  /* the node's, also of a node that is a container itself */
};

enum ig_pidns ig_pidns_judge(const struct ig_pidns_facts *facts);

/* Is the mount one with which a runtime masks part of /proc or makes it read-only: "/null"
 * of devtmpfs or tmpfs, a read-only tmpfs, procfs again with another root, read-only? */
bool ig_proc_is_mask(const struct ig_mount *mount);
/* Is there any mask below /proc? */
bool ig_proc_masked(const struct ig_mounts *mounts);

/* A privileged container shows three signs at once: no mask below /proc, no seccomp filter,
 * CAP_SYS_ADMIN in the bounding or effective set. One alone proves nothing. */
bool ig_proc_privileged(const struct ig_mounts *mounts, const struct ig_status *status);

/* The first mount that nothing healthy puts there: not procfs on /proc itself, or anything on or
 * below /proc/self, /proc/thread-self or /proc/PID. NULL where there is none. The points of all
 * other mounts below /proc are appended to OTHERS (may be NULL), separated by spaces. */
const struct ig_mount *ig_proc_overmount(const struct ig_mounts *mounts, struct ig_buf *others);

enum ig_hidepid {
    IG_HIDEPID_OFF = 0,
    IG_HIDEPID_NOACCESS = 1,
    IG_HIDEPID_INVISIBLE = 2,
    IG_HIDEPID_PTRACEABLE = 4,
    IG_HIDEPID_UNKNOWN = -1,
};
/* hidepid= in procfs's super options: numbers, or words since Linux 5.8 (proc(5)). */
enum ig_hidepid ig_hidepid_parse(const char *super_options);
/* "off", "noaccess", "invisible", "ptraceable", "unknown". */
const char *ig_hidepid_name(enum ig_hidepid value);

#endif
