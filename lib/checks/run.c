/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/run.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "checks/check.h"
#include "checks/shared.h"
#include "checks/cpus.h"
#include "checks/subject.h"
#include "core/buf.h"
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
    size_t *order;             /* in which the subjects are taken */
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

/* The items, which may be many, move. */
static void copy_result(struct ig_result *to, struct ig_result *from)
{
    ig_result_free(to);
    *to = *from;
    from->items = NULL;
    from->item_count = 0;
    to->subject = from->subject != NULL ? ig_strdup(from->subject) : NULL;
    to->message = from->message != NULL ? ig_strdup(from->message) : NULL;
    to->expected = from->expected != NULL ? ig_strdup(from->expected) : NULL;
    to->observed = from->observed != NULL ? ig_strdup(from->observed) : NULL;
    to->fix = from->fix != NULL ? ig_strdup(from->fix) : NULL;
}

static void publish(void *context, size_t index, struct ig_result *result)
{
    const struct slot *slot = context;
    struct run *run = slot->run;
    pthread_mutex_lock(&run->lock);
    if (!run->closed) {
        struct ig_result *to = &run->results[run->first[slot->subject] + index];
        char *subject = IG_STEAL(to->subject);
        char *path = IG_STEAL(to->path);
        copy_result(to, result);
        free(to->subject);
        to->subject = subject;
        to->path = path;
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

static void work(void *context, unsigned thread)
{
    (void)thread;
    struct run *run = context;
    size_t count = run->policy->subject_count;
    for (;;) {
        size_t turn = atomic_fetch_add(&run->next, 1);
        if (turn >= count) {
            return;
        }
        size_t i = run->order[turn];
        struct slot slot = {run, i};
        struct ig_uses uses;
        ig_shared_begin(run->shared, &uses);
        ig_subject_run(&run->scene, &run->policy->subjects[i], &run->volumes[i], &uses, publish,
                       &slot);
        ig_shared_end(run->shared, i, &uses);
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

/* All of them before any file is judged: see volume.h. */
static void open_volumes(struct run *run)
{
    for (size_t i = 0; i < run->policy->subject_count; i++) {
        const struct ig_subject *subject = &run->policy->subjects[i];
        if (subject->kind == IG_KIND_VOLUME) {
            ig_volume_open(&run->volumes[i], &run->scene, subject);
        }
    }
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

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is still to be judged once the volumes are quiet gets a twentieth of the time, at least five
 * seconds; else --timeout would end the run before it can name who writes. */
static void set_deadline(struct run *run)
{
    double spare = run->options.timeout / 20.0 > 5 ? run->options.timeout / 20.0 : 5;
    run->scene.settle = run->options.settle;
    run->scene.started = now();
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
    open_volumes(run);
    run->shared = ig_shared_new(run->scene.root, library_changed, run);
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
    double start = now();
    double last_change = start;
    unsigned long long last_progress = 0;
    while (!run->finished) {
        wait_a_second(run);
        unsigned long long bytes = atomic_load(&run->scene.progress);
        unsigned long long done = atomic_load(&run->published);
        double t = now();
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

/* /proc and volumes first: a file that hangs must not keep them from being judged. */
static void put_in_order(struct run *run)
{
    size_t n = 0;
    run->order = ig_alloc_array(run->policy->subject_count, sizeof *run->order);
    for (int files = 0; files < 2; files++) {
        for (size_t i = 0; i < run->policy->subject_count; i++) {
            if (is_file(&run->policy->subjects[i]) == (files == 1)) {
                run->order[n++] = i;
            }
        }
    }
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

static void mark_unevaluated(struct ig_report *report, const char *why)
{
    for (size_t i = 0; i < report->count; i++) {
        struct ig_result *r = &report->results[i];
        if (r->message == NULL) {
            ig_result_set(r, IG_STATUS_ERROR, "Not evaluated. %s.",
                          why != NULL ? why : "The check was never run (a defect of initgate)");
            ig_result_fix(r, "See what the file or its volume hangs on; raise the limit only if it "
                             "is merely slow.");
        }
    }
}

/* The policy may hold no binary or file at all: a root that is unfit must fail all the same. */
static void report_root(struct ig_report *report, const struct ig_scene *scene)
{
    if (scene->root_fault == NULL || ig_report_count(report, IG_STATUS_FAIL) > 0) {
        return;
    }
    report->results =
        ig_realloc_array(report->results, report->count + 1, sizeof *report->results);
    struct ig_result *r = &report->results[report->count++];
    *r = (struct ig_result){.check = "binary.file", .subject = ig_strdup("--root")};
    ig_result_set(r, IG_STATUS_FAIL, "%s", scene->root_fault);
    ig_result_fix(r, "Mount the main container's image there, by digest.");
}

static struct ig_report *collect(struct run *run, const char *why)
{
    struct ig_report *report = ig_alloc(sizeof *report);
    report->policy = run->policy->name != NULL ? ig_strdup(run->policy->name) : NULL;
    report->root = run->options.root != NULL ? ig_strdup(run->options.root) : NULL;
    report->results = run->results;
    report->count = run->count;
    mark_unevaluated(report, why);
    if (why != NULL) {
        ig_report_note(report, why);
    } else {
        report_root(report, &run->scene);
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
    put_in_order(run);
    pthread_mutex_init(&run->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&run->change, &clock);
    pthread_condattr_destroy(&clock);
    return run;
}

static void dispose(struct run *run)
{
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
