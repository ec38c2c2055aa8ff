/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/outcome.h"

#include "core/mem.h"

/* The items, which may be many, move. */
void ig_outcome_take(struct ig_result *to, struct ig_result *from)
{
    char *subject = IG_STEAL(to->subject);
    char *path = IG_STEAL(to->path);
    ig_result_free(to);
    *to = *from;
    from->items = NULL;
    from->item_count = 0;
    to->subject = subject;
    to->path = path;
    to->message = from->message != NULL ? ig_strdup(from->message) : NULL;
    to->expected = from->expected != NULL ? ig_strdup(from->expected) : NULL;
    to->observed = from->observed != NULL ? ig_strdup(from->observed) : NULL;
    to->fix = from->fix != NULL ? ig_strdup(from->fix) : NULL;
}

void ig_outcome_unevaluated(struct ig_report *report, const char *why)
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
void ig_outcome_root(struct ig_report *report, const struct ig_scene *scene)
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
