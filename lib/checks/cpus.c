/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/cpus.h"

#include <sched.h>

#include "core/buf.h"
#include "kernel/status.h"

static unsigned cgroup_cpus(const struct ig_fsroot *own)
{
    IG_AUTO_BUF struct ig_buf max = {0};
    if (ig_fsroot_slurp(own, "/sys/fs/cgroup/cpu.max", 256, &max, NULL) == 0) {
        return ig_cpu_max_parse(ig_buf_text(&max), max.length);
    }
    IG_AUTO_BUF struct ig_buf quota = {0};
    IG_AUTO_BUF struct ig_buf period = {0};
    if (ig_fsroot_slurp(own, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", 64, &quota, NULL) == 0 &&
        ig_fsroot_slurp(own, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", 64, &period, NULL) == 0) {
        return ig_cpu_quota_parse(ig_buf_text(&quota), ig_buf_text(&period));
    }
    return 0;
}

unsigned ig_cpus(const struct ig_fsroot *own)
{
    cpu_set_t set;
    unsigned cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
    unsigned allowed = cgroup_cpus(own);
    cpus = allowed != 0 && allowed < cpus ? allowed : cpus;
    return cpus < IG_THREADS_MAX ? cpus : IG_THREADS_MAX;
}
