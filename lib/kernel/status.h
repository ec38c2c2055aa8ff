/* SPDX-License-Identifier: Apache-2.0 */
/* Small files of /proc as data (proc(5)). Parsers over text. */
#ifndef IG_KERNEL_STATUS_H
#define IG_KERNEL_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "kernel/cred.h"

/* From /proc/PID/status. */
struct ig_status {
    uint32_t pid;           /* Pid: as the reader's /proc shows it */
    struct ig_cred cred;    /* effective uid and gid, groups, CapBnd as caps; owned */
    uint64_t cap_effective; /* CapEff */
    int seccomp;            /* Seccomp: 0 off, 1 strict, 2 filter; -1 where the kernel shows none */
    int no_new_privs;       /* 0, 1; -1 where the kernel shows none */
};

/* -1 where Pid, Uid, Gid, CapEff or CapBnd lacks or is malformed. */
int ig_status_parse(const char *text, size_t length, struct ig_status *out, struct ig_error *e);
void ig_status_free(struct ig_status *status);

/* Does the content of /proc/self/uid_map (or gid_map) map every id to itself:
 * "0 0 4294967295"? False: a user namespace (user_namespaces(7)). -1 in *E's
 * case where it is malformed; else 0, the answer in *IDENTITY. */
int ig_idmap_parse(const char *text, size_t length, bool *identity, struct ig_error *e);

/* CPUs that a cgroup allows, rounded up, at least 1: from the content of cgroup
 * v2's cpu.max ("max 100000", "150000 100000"); 0 where it sets no limit or is
 * malformed. */
unsigned ig_cpu_max_parse(const char *text, size_t length);
/* The same from cgroup v1's cpu.cfs_quota_us and cpu.cfs_period_us. */
unsigned ig_cpu_quota_parse(const char *quota, const char *period);

#endif
