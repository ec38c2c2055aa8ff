/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IG_CORE_CLOCK_H
#define IG_CORE_CLOCK_H

#include <time.h>

/* Seconds of CLOCK_MONOTONIC, which no setting of the time moves. */
static inline double ig_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
