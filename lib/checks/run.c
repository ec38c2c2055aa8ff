/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/run.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "checks/check.h"
#include "checks/cpus.h"
#include "checks/opening.h"
#include "checks/outcome.h"
#include "checks/shared.h"
#include "checks/subject.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/parallel.h"
#include "core/text.h"
#include "initgate.h"

struct run {
    const struct ig_policy *policy;
    struct ig_run_options options;
    struct ig_scene scene;
    bool scene_open;
    struct ig_shared *shared;
    struct ig_openings *openings;
    size_t *order;             /* in which the workers take subjects; ORDERED of them */
    size_t ordered;
    size_t *first;             /* index of each subject's first result */
    struct ig_result *results;
    size_t count;
    struct ig_volume *volumes; /* one for each subject; those of other kinds stay empty */
    atomic_size_t next;        /* into order: what the next free worker takes */
    atomic_ullong published;
    pthread_mutex_t lock;      /* guards results, finished, closed, failed, failure */
    pthread_cond_t change;
    bool closed;               /* the watchdog took the results: publish no more */
    bool finished, failed;
    struct ig_error failure;
};

struct slot {
    struct run *run;
    size_t subject;
};

static void publish(void *context, size_t index, struct ig_result *result)
{
    const struct slot *slot = context;
    struct run *run = slot->run;
    pthread_mutex_lock(&run->lock);
    if (!run->closed) {
        ig_outcome_take(&run->results[run->first[slot->subject] + index], result);
    }
    pthread_mutex_unlock(&run->lock);
    atomic_fetch_add(&run->published, 1);
}

/* A pass is worth nothing where a library moved under it. */
static void library_changed(void *context, size_t subject, const char *path)
{
    struct run *run = context;
    pthread_mutex_lock(&run->lock);
    for (size_t i = 0; !run->closed && i < run->policy->subjects[subject].setting_count; i++) {
        struct ig_result *r = &run->results[run->first[subject] + i];
        if (r->status == IG_STATUS_PASS || r->status == IG_STATUS_WARN) {
            ig_result_set(r, IG_STATUS_ERROR, "It passed, but %s was changed while it was being "
                                              "checked.", path);
            ig_result_fix(r, "Let nobody write to it while the pod starts.");
        }
    }
    pthread_mutex_unlock(&run->lock);
}

static void judge(struct run *run, size_t subject)
{
    struct slot slot = {run, subject};
    struct ig_uses uses;
    ig_shared_begin(run->shared, &uses);
    ig_subject_run(&run->scene, &run->policy->subjects[subject], &run->volumes[subject], &uses,
                   publish, &slot);
    ig_shared_end(run->shared, subject, &uses);
}

static void work(void *context, unsigned thread)
{
    (void)thread;
    struct run *run = context;
    for (size_t turn; (turn = atomic_fetch_add(&run->next, 1)) < run->ordered;) {
        ig_openings_wait_for(run->openings, run->order[turn]);
        judge(run, run->order[turn]);
    }
}

static bool is_file(const struct ig_subject *subject)
{
    return subject->kind == IG_KIND_BINARY || subject->kind == IG_KIND_FILE;
}

/* Threads beyond one for each binary or file, or beyond the CPUs, would only wait. */
static unsigned worker_count(const struct run *run)
{
    size_t heavy = 0;
    for (size_t i = 0; i < run->policy->subject_count; i++) {
        heavy += is_file(&run->policy->subjects[i]);
    }
    if (heavy < 2) {
        return 1;
    }
    return heavy < run->scene.cpus ? (unsigned)heavy : run->scene.cpus;
}

/* /proc alone, which no volume can keep from being judged. */
static void judge_proc(struct run *run)
{
    for (size_t i = 0; i < run->policy->subject_count; i++) {
        if (run->policy->subjects[i].kind == IG_KIND_PROC) {
            judge(run, i);
        }
    }
}

/* Volumes first: a file that hangs must not keep them from being judged. But last of all those that
 * hang themselves. */
static void put_in_order(struct run *run)
{
    enum { OPEN_VOLUMES, FILES, OTHER_VOLUMES, TURNS };
    size_t count = run->policy->subject_count;
    IG_AUTO_FREE int *turns = ig_alloc_array(count, sizeof *turns);
    for (size_t i = 0; i < count; i++) {
        turns[i] = is_file(&run->policy->subjects[i])       ? FILES
                   : ig_openings_done(run->openings, i) ? OPEN_VOLUMES
                                                        : OTHER_VOLUMES;
    }
    run->order = ig_alloc_array(count, sizeof *run->order);
    for (int turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < count; i++) {
            if (turns[i] == turn && run->policy->subjects[i].kind != IG_KIND_PROC) {
                run->order[run->ordered++] = i;
            }
        }
    }
}

/* All of them before any file is judged (see volume.h), unless one of them takes so long that it
 * seems to hang. Less than a stall, so that what can be judged is, before the watchdog ends it. */
static void open_volumes(struct run *run)
{
    unsigned least = run->options.stall < run->options.timeout ? run->options.stall
                                                               : run->options.timeout;
    run->openings = ig_openings_start(&run->scene, run->policy, run->volumes);
    ig_openings_wait(run->openings, least / 2.0);
}

static void look_again(struct run *run)
{
    for (size_t i = 0; i < run->policy->subject_count; i++) {
        const struct ig_subject *subject = &run->policy->subjects[i];
        struct slot slot = {run, i};
        if (subject->kind == IG_KIND_VOLUME) {
            ig_subject_again(&run->scene, subject, &run->volumes[i],
                             &run->results[run->first[i]], publish, &slot);
        }
    }
}

static void finish(struct run *run, bool failed, const struct ig_error *e)
{
    pthread_mutex_lock(&run->lock);
    run->failed = failed;
    if (failed) {
        run->failure = *e;
    }
    run->finished = true;
    pthread_cond_signal(&run->change);
    pthread_mutex_unlock(&run->lock);
}

/* What is still to be judged once the volumes are quiet gets a twentieth of the time, at least five
 * seconds; else --timeout would end the run before it can name who writes. */
static void set_deadline(struct run *run)
{
    double spare = run->options.timeout / 20.0 > 5 ? run->options.timeout / 20.0 : 5;
    run->scene.settle = run->options.settle;
    run->scene.started = ig_now();
    run->scene.deadline = run->scene.started + run->options.timeout - spare;
}

/* Everything that may block, the opening of --root included, happens on threads that the watchdog
 * can leave behind. */
static void *conduct(void *context)
{
    struct run *run = context;
    struct ig_error e = {0};
    if (ig_scene_open(&run->scene, run->policy, run->options.root, run->options.machine, &e) != 0) {
        finish(run, true, &e);
        return NULL;
    }
    run->scene_open = true;
    set_deadline(run);
    run->shared = ig_shared_new(run->scene.root, library_changed, run);
    judge_proc(run);
    if (ig_scene_graft(&run->scene, &run->options.mounts, &e) != 0) {
        ig_shared_finish(run->shared);
        finish(run, true, &e);
        return NULL;
    }
    open_volumes(run);
    put_in_order(run);
    ig_parallel(worker_count(run), work, run);
    ig_shared_finish(run->shared);
    look_again(run);
    finish(run, false, NULL);
    return NULL;
}

static void wait_a_second(struct run *run)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1;
    pthread_cond_timedwait(&run->change, &run->lock, &until);
}

static void tell(struct run *run, double seconds)
{
    if (run->options.progress == NULL) {
        return;
    }
    struct ig_progress progress = {
        .seconds = seconds,
        .checks = (size_t)atomic_load(&run->published),
        .checks_total = run->count,
        .files = atomic_load(&run->scene.files),
        .files_total = atomic_load(&run->scene.files_total),
        .bytes = atomic_load(&run->scene.progress),
        .bytes_total = atomic_load(&run->scene.bytes_total),
    };
    run->options.progress(run->options.progress_context, &progress);
}

/* Returns NULL once the run is finished, or what made the watchdog end it. Holds the lock. */
static char *supervise(struct run *run)
{
    double start = ig_now();
    double last_change = start;
    unsigned long long last_progress = 0;
    while (!run->finished) {
        wait_a_second(run);
        unsigned long long bytes = atomic_load(&run->scene.progress);
        unsigned long long done = atomic_load(&run->published);
        double t = ig_now();
        if (bytes + done != last_progress) {
            last_progress = bytes + done;
            last_change = t;
        }
        if (run->finished) {
            break;
        }
        if (t - start >= run->options.timeout) {
            return ig_format("The time for all checks was used up (--timeout %u seconds)",
                             run->options.timeout);
        }
        if (t - last_change >= run->options.stall) {
            return ig_format("Nothing moved for %u seconds (--stall): a read hangs, as on a file "
                             "system whose server does not answer", run->options.stall);
        }
        tell(run, t - start);
    }
    return NULL;
}

static void lay_out(struct run *run)
{
    const struct ig_policy *policy = run->policy;
    run->first = ig_alloc_array(policy->subject_count, sizeof *run->first);
    run->volumes = ig_alloc_array(policy->subject_count, sizeof *run->volumes);
    for (size_t i = 0; i < policy->subject_count; i++) {
        run->first[i] = run->count;
        run->count += policy->subjects[i].setting_count;
    }
    run->results = ig_alloc_array(run->count, sizeof *run->results);
    for (size_t i = 0; i < policy->subject_count; i++) {
        const struct ig_subject *subject = &policy->subjects[i];
        for (size_t j = 0; j < subject->setting_count; j++) {
            struct ig_result *r = &run->results[run->first[i] + j];
            struct ig_buf safe = {0};
            ig_sanitize(&safe, subject->path, strlen(subject->path));
            r->check = subject->settings[j].spec->id;
            r->subject = ig_buf_steal(&safe);
            r->path = subject->kind != IG_KIND_PROC ? ig_strdup(subject->path) : NULL;
        }
    }
}

static struct ig_report *collect(struct run *run, const char *why)
{
    struct ig_report *report = ig_alloc(sizeof *report);
    report->policy = run->policy->name != NULL ? ig_strdup(run->policy->name) : NULL;
    report->root = run->options.root != NULL ? ig_strdup(run->options.root) : NULL;
    report->results = run->results;
    report->count = run->count;
    ig_outcome_unevaluated(report, why);
    if (why != NULL) {
        ig_report_note(report, why);
    } else {
        ig_outcome_root(report, &run->scene);
    }
    return report;
}

static struct run *prepare(const struct ig_policy *policy, const struct ig_run_options *options)
{
    struct run *run = ig_alloc(sizeof *run);
    pthread_condattr_t clock;
    run->policy = policy;
    run->options = *options;
    lay_out(run);
    pthread_mutex_init(&run->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&run->change, &clock);
    pthread_condattr_destroy(&clock);
    return run;
}

static void dispose(struct run *run)
{
    ig_openings_free(run->openings);
    for (size_t i = 0; i < run->policy->subject_count; i++) {
        ig_volume_close(&run->volumes[i]);
    }
    free(run->volumes);
    if (run->scene_open) {
        ig_scene_close(&run->scene);
    }
    pthread_cond_destroy(&run->change);
    pthread_mutex_destroy(&run->lock);
    free(run->order);
    free(run->first);
    free(run);
}

static void free_results(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        ig_result_free(&run->results[i]);
    }
    free(run->results);
}

int ig_run(const struct ig_policy *policy, const struct ig_run_options *options,
           struct ig_report **report, bool *abandoned, struct ig_error *e)
{
    pthread_t conductor;
    struct run *run = prepare(policy, options);
    *abandoned = false;
    int error = ig_thread_start(&conductor, conduct, run);
    if (error != 0) {
        free_results(run);
        dispose(run);
        return ig_error_set(e, error, "cannot start a thread");
    }
    pthread_mutex_lock(&run->lock);
    IG_AUTO_FREE char *why = supervise(run);
    run->closed = true;
    pthread_mutex_unlock(&run->lock);
    if (why != NULL) {
        *abandoned = true;
        *report = collect(run, why);
        return 0;
    }
    pthread_join(conductor, NULL);
    bool failed = run->failed;
    if (failed) {
        *e = run->failure;
        free_results(run);
    } else {
        *report = collect(run, NULL);
    }
    dispose(run);
    return failed ? -1 : 0;
}
