/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/opening.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "core/mem.h"
#include "core/parallel.h"

struct opening {
    struct ig_openings *all;
    const struct ig_subject *subject;
    struct ig_volume *volume;  /* NULL of subjects that are none */
    pthread_t thread;
    bool on_thread;
    bool done;                 /* guarded by all.lock */
};

struct ig_openings {
    const struct ig_scene *scene;
    pthread_mutex_t lock;
    pthread_cond_t change;
    size_t count, left;        /* left: not open yet; guarded by lock */
    struct opening list[];
};

static void *open_one(void *context)
{
    struct opening *o = context;
    ig_volume_open(o->volume, o->all->scene, o->subject);
    pthread_mutex_lock(&o->all->lock);
    o->done = true;
    o->all->left--;
    pthread_cond_broadcast(&o->all->change);
    pthread_mutex_unlock(&o->all->lock);
    return NULL;
}

struct ig_openings *ig_openings_start(const struct ig_scene *scene, const struct ig_policy *policy,
                                      struct ig_volume *volumes)
{
    pthread_condattr_t clock;
    size_t n = policy->subject_count;
    struct ig_openings *openings = ig_alloc(sizeof *openings + n * sizeof openings->list[0]);
    openings->scene = scene;
    openings->count = n;
    pthread_mutex_init(&openings->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&openings->change, &clock);
    pthread_condattr_destroy(&clock);
    for (size_t i = 0; i < n; i++) {
        bool is_volume = policy->subjects[i].kind == IG_KIND_VOLUME;
        openings->list[i] = (struct opening){.all = openings,
                                             .subject = &policy->subjects[i],
                                             .volume = is_volume ? &volumes[i] : NULL,
                                             .done = !is_volume};
        openings->left += is_volume;
    }
    for (size_t i = 0; i < n; i++) {
        struct opening *o = &openings->list[i];
        if (o->volume != NULL) {
            o->on_thread = ig_thread_start(&o->thread, open_one, o) == 0;
            if (!o->on_thread) {
                open_one(o);
            }
        }
    }
    return openings;
}

void ig_openings_wait(struct ig_openings *openings, double seconds)
{
    struct timespec until;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&openings->lock);
    while (openings->left > 0 && status != ETIMEDOUT) {
        status = pthread_cond_timedwait(&openings->change, &openings->lock, &until);
    }
    pthread_mutex_unlock(&openings->lock);
}

bool ig_openings_done(struct ig_openings *openings, size_t subject)
{
    pthread_mutex_lock(&openings->lock);
    bool done = openings->list[subject].done;
    pthread_mutex_unlock(&openings->lock);
    return done;
}

void ig_openings_wait_for(struct ig_openings *openings, size_t subject)
{
    pthread_mutex_lock(&openings->lock);
    while (!openings->list[subject].done) {
        pthread_cond_wait(&openings->change, &openings->lock);
    }
    pthread_mutex_unlock(&openings->lock);
}

void ig_openings_free(struct ig_openings *openings)
{
    if (openings == NULL) {
        return;
    }
    for (size_t i = 0; i < openings->count; i++) {
        if (openings->list[i].on_thread) {
            pthread_join(openings->list[i].thread, NULL);
        }
    }
    pthread_cond_destroy(&openings->change);
    pthread_mutex_destroy(&openings->lock);
    free(openings);
}
