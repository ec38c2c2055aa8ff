/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/commit.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static uint64_t strict_limit(const char *meminfo)
{
    static const char name[] = "\nCommitLimit:";
    const char *line = meminfo != NULL ? strstr(meminfo, name) : NULL;
    unsigned long long kib = line != NULL ? strtoull(line + strlen(name), NULL, 10) : 0;
    return kib > 0 && kib <= UINT64_MAX >> 10 ? (uint64_t)kib << 10 : IG_COMMIT_NO_LIMIT;
}

uint64_t ig_commit_limit(const char *overcommit, uint64_t total, const char *meminfo)
{
    switch (overcommit != NULL ? overcommit[0] : '\0') {
    case '0':
        return total;
    case '2':
        return strict_limit(meminfo);
    default:
        return IG_COMMIT_NO_LIMIT;  /* 1, as every kubelet sets it */
    }
}
