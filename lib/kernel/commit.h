/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory the kernel promises a process: vm.overcommit_memory
 * (Documentation/mm/overcommit-accounting.rst, mm/util.c __vm_enough_memory() of Linux 6.18). A rule
 * over text. */
#ifndef IG_KERNEL_COMMIT_H
#define IG_KERNEL_COMMIT_H

#include <stdint.h>

/* No mapping is too large, or it is not known which one is. */
#define IG_COMMIT_NO_LIMIT UINT64_MAX

/* Bytes above which the kernel refuses every single mapping; it may refuse smaller ones too.
 * OVERCOMMIT is the content of /proc/sys/vm/overcommit_memory, TOTAL the node's RAM and swap in bytes
 * (sysinfo(2)), MEMINFO the content of /proc/meminfo. Either text may be NULL or malformed. */
uint64_t ig_commit_limit(const char *overcommit, uint64_t total, const char *meminfo);

#endif
