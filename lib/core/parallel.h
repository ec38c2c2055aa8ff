/* SPDX-License-Identifier: Apache-2.0 */
/* Threads for work that any number of them can share. */
#ifndef IG_CORE_PARALLEL_H
#define IG_CORE_PARALLEL_H

#include <pthread.h>

enum { IG_THREADS_MAX = 64 };

/* pthread_create() with a stack of 512 KiB: musl gives threads 128 KiB, and a walk holds a PATH_MAX
 * name or two. Returns its errno value. */
int ig_thread_start(pthread_t *thread, void *(*function)(void *context), void *context);

/* Call FUNCTION(CONTEXT, n) on THREADS threads at once (n from 0; this one is 0), and return when all
 * have returned. At most IG_THREADS_MAX. A thread that cannot be had (a pids limit) only costs time:
 * FUNCTION takes its share from CONTEXT until nothing is left, whoever else does. */
void ig_parallel(unsigned threads, void (*function)(void *context, unsigned n), void *context);

#endif
