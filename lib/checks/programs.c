/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/programs.h"

#include "checks/script.h"
#include "core/mem.h"

/* ONE goes to R, or is freed. */
static void take(struct ig_result *r, struct ig_result *one)
{
    if (r->message != NULL && r->status == IG_STATUS_WARN && one->status > IG_STATUS_WARN) {
        ig_result_free(one);
        return;
    }
    one->check = r->check;
    one->subject = IG_STEAL(r->subject);
    ig_result_free(r);
    *r = *one;
}

bool ig_programs_judge(const struct ig_question *q, ig_judge_program *judge, struct ig_result *r,
                       struct ig_error *e)
{
    struct ig_target *target = q->target;
    for (int step = 0; target != NULL && step < IG_SCRIPT_STEPS; step++) {
        const struct ig_image *image = ig_target_image(target, e);
        bool goes_on = ig_script_goes_on(target);
        if (image == NULL || (image->kind != IG_IMAGE_ELF && !goes_on)) {
            return false;
        }
        if (image->kind == IG_IMAGE_ELF) {
            struct ig_result one = {0};
            judge(q, target, !goes_on, &one);
            bool starts = one.status != IG_STATUS_FAIL && one.status != IG_STATUS_ERROR;
            take(r, &one);
            if (!goes_on || !starts) {
                return true;
            }
        }
        target = ig_script_next(q->scene, target, e);
    }
    return false;
}
