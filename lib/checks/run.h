/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From policy to report: every check of every subject, subjects side by side on
 * as many threads as CPUs the cgroup allows, under a watchdog.
 */
#ifndef IG_CHECKS_RUN_H
#define IG_CHECKS_RUN_H

#include <stdbool.h>

#include "checks/scene.h"
#include "core/error.h"
#include "elf/image.h"
#include "policy/policy.h"
#include "report/result.h"

struct ig_progress;

struct ig_run_options {
    const char *root;                  /* --root, or NULL */
    const struct ig_machine *machine;  /* NULL: this one */
    struct ig_container_mounts mounts; /* what the main container mounts */
    unsigned stall;                    /* seconds without progress, at least 1 */
    unsigned timeout;                  /* seconds in all, at least 1 */
    unsigned settle;                   /* seconds; 0: do not wait for volumes to become quiet */
    /* Called about once a second while it takes longer than that; may be NULL. */
    void (*progress)(void *context, const struct ig_progress *progress);
    void *progress_context;
};

/* Run POLICY. Returns 0 and the report, or -1 where nothing could be evaluated at all.
 *
 * *ABANDONED is true where the watchdog ended the run: threads that hang in a read still use the
 * policy and their own memory then, so the caller must free neither and end the process (_exit)
 * once the report is written. What was not evaluated is ERROR in the report. */
int ig_run(const struct ig_policy *policy, const struct ig_run_options *options,
           struct ig_report **report, bool *abandoned, struct ig_error *e);

#endif
