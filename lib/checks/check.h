/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One interface for a check: a row of data and one function.
 *
 * A new check is a `const struct ig_check`, its row in checks.def, and a folder
 * of fixtures (pass, fail, error) in test/data/checks/. It never sees JSON,
 * stdio or exit(); it fills one result that starts as ERROR, so PASS must be
 * said explicitly.
 */
#ifndef IG_CHECKS_CHECK_H
#define IG_CHECKS_CHECK_H

#include "checks/scene.h"
#include "checks/target.h"
#include "checks/volume.h"
#include "policy/policy.h"
#include "policy/spec.h"
#include "report/result.h"

/* What a check may look at. All of it is borrowed. */
struct ig_question {
    const struct ig_scene *scene;
    const struct ig_subject *subject;
    const struct ig_setting *setting;
    /* The opened binary or file; NULL for the other kinds. Filled lazily, so not const. */
    struct ig_target *target;
    /* The volume; NULL for the other kinds. Likewise. */
    struct ig_volume *volume;
    struct ig_files *files;  /* what the run knows of libraries; see shared.h */
};

struct ig_check {
    struct ig_spec spec;
    /* For `initgate explain` and doc/checks.md: what it means, why it matters in a pod, how to
     * mend it. Paragraphs, wrapped by whoever prints them. */
    const char *means, *matters, *mend;
    /* The ids of checks that must not have failed for this one to be evaluated, ending with NULL;
     * NULL where it stands alone. */
    const char *const *needs;
    void (*run)(const struct ig_question *q, struct ig_result *r);
    /* Of a volume's check that neither failed nor was an error: the last look, when all else of the run
     * is done. R is new; where it is left as it is, what the check said stands. NULL: none. */
    void (*again)(const struct ig_question *q, struct ig_result *r);
};

/* All checks in evaluation order, ending with NULL, and their specs likewise. */
extern const struct ig_check *const ig_checks[];
extern const struct ig_spec *const ig_check_specs[];

/* The check of that id, or NULL. */
const struct ig_check *ig_check_find(const char *id);

#endif
