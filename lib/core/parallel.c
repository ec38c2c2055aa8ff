/* SPDX-License-Identifier: Apache-2.0 */
#include "core/parallel.h"

enum { THREAD_STACK = 512 << 10 };

struct share {
    pthread_t thread;
    void (*function)(void *context, unsigned n);
    void *context;
    unsigned n;
};

int ig_thread_start(pthread_t *thread, void *(*function)(void *context), void *context)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error == 0) {
        pthread_attr_setstacksize(&attributes, THREAD_STACK);
        error = pthread_create(thread, &attributes, function, context);
        pthread_attr_destroy(&attributes);
    }
    return error;
}

static void *run_share(void *context)
{
    const struct share *share = context;
    share->function(share->context, share->n);
    return NULL;
}

void ig_parallel(unsigned threads, void (*function)(void *context, unsigned n), void *context)
{
    struct share shares[IG_THREADS_MAX];
    unsigned started = 0;
    unsigned wanted = threads < IG_THREADS_MAX ? threads : IG_THREADS_MAX;
    while (started + 1 < wanted) {
        struct share *share = &shares[started];
        *share = (struct share){.function = function, .context = context, .n = started + 1};
        if (ig_thread_start(&share->thread, run_share, share) != 0) {
            break;
        }
        started++;
    }
    function(context, 0);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(shares[i].thread, NULL);
    }
}
