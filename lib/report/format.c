/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

#include <string.h>

const struct ig_formatter ig_formatters[IG_FORMAT_COUNT + 1] = {
    {"text", ig_format_text},   {"json", ig_format_json}, {"junit", ig_format_junit},
    {"sarif", ig_format_sarif}, {"tap", ig_format_tap},   {"github", ig_format_github},
    {0},
};

const struct ig_formatter *ig_formatter_find(const char *name)
{
    for (size_t i = 0; ig_formatters[i].name != NULL; i++) {
        if (strcmp(ig_formatters[i].name, name) == 0) {
            return &ig_formatters[i];
        }
    }
    return NULL;
}

/* Enough to know where to look; the lines below have all of them. */
enum { NAMED_IN_VERDICT = 3 };

static void name_results(const struct ig_report *report, enum ig_outcome status, struct ig_buf *out)
{
    size_t named = 0;
    for (size_t i = 0; i < report->count; i++) {
        const struct ig_result *r = &report->results[i];
        if (r->status != status || !ig_result_matters(r)) {
            continue;
        }
        if (named == NAMED_IN_VERDICT) {
            ig_buf_adds(out, ", ...");
            return;
        }
        ig_buf_addf(out, "%s%s (%s)", named == 0 ? ": " : ", ", r->check, r->subject);
        named++;
    }
}

void ig_format_verdict(const struct ig_report *report, struct ig_buf *out)
{
    size_t failed = ig_report_count(report, IG_STATUS_FAIL);
    size_t errors = ig_report_count(report, IG_STATUS_ERROR);
    size_t warned = ig_report_count(report, IG_STATUS_WARN);
    size_t passed = ig_report_count(report, IG_STATUS_PASS);
    size_t all = failed + errors + warned + passed;
    const char *plural = all == 1 ? "" : "s";
    ig_buf_addf(out, "%s: ", ig_report_verdict(report));
    if (failed > 0) {
        ig_buf_addf(out, "%zu of %zu check%s failed", failed, all, plural);
        name_results(report, IG_STATUS_FAIL, out);
    } else if (errors > 0) {
        ig_buf_addf(out, "%zu of %zu check%s could not be evaluated", errors, all, plural);
        name_results(report, IG_STATUS_ERROR, out);
    } else if (passed == 0) {
        ig_buf_adds(out, "no check passed or failed: the policy asks for nothing that was evaluated");
    } else {
        ig_buf_addf(out, "%zu check%s passed", passed, passed == 1 ? "" : "s");
        if (warned > 0) {
            ig_buf_addf(out, ", %zu warning%s", warned, warned == 1 ? "" : "s");
            name_results(report, IG_STATUS_WARN, out);
        }
        size_t open = 0;
        for (size_t i = 0; i < report->count; i++) {
            open += report->results[i].status == IG_STATUS_SKIP &&
                    ig_result_matters(&report->results[i]);
        }
        if (open > 0) {
            ig_buf_addf(out, ", %zu skipped", open);
            name_results(report, IG_STATUS_SKIP, out);
        }
    }
}

void ig_format_sentences(const struct ig_result *r, struct ig_buf *out)
{
    ig_buf_adds(out, r->message);
    if (r->fix != NULL) {
        ig_buf_addf(out, " To do: %s", r->fix);
    }
}
