/* SPDX-License-Identifier: Apache-2.0 */
/* How many threads are worth having. */
#ifndef IG_CHECKS_CPUS_H
#define IG_CHECKS_CPUS_H

#include "core/parallel.h"
#include "fsroot/fsroot.h"

/* The CPUs that this process may run on (sched_getaffinity(2)) and that its cgroup's quota pays for
 * (cpu.max of version 2, cpu.cfs_quota_us of version 1, as OWN's /sys/fs/cgroup shows them), rounded
 * up: 1 to IG_THREADS_MAX. */
unsigned ig_cpus(const struct ig_fsroot *own);

#endif
