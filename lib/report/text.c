/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/format.h"

static const char *colour_of(enum ig_outcome status)
{
    static const char *const codes[IG_STATUS_COUNT] = {
        [IG_STATUS_ERROR] = "\033[1;35m", [IG_STATUS_FAIL] = "\033[1;31m",
        [IG_STATUS_WARN] = "\033[1;33m",  [IG_STATUS_PASS] = "\033[32m",
        [IG_STATUS_SKIP] = "\033[2m",
    };
    return codes[status];
}

static void add_status(const struct ig_format_options *options, enum ig_outcome status,
                       struct ig_buf *out)
{
    if (options->colour) {
        ig_buf_addf(out, "%s%-5s\033[0m", colour_of(status), ig_outcome_name(status));
    } else {
        ig_buf_addf(out, "%-5s", ig_outcome_name(status));
    }
}

/* A subject longer than this pushes its message to the right instead of widening the table. */
enum { SUBJECT_WIDTH_MAX = 40 };

static void widths(const struct ig_report *report, int *check, int *subject)
{
    *check = 0;
    *subject = 0;
    for (size_t i = 0; i < report->count; i++) {
        int c = (int)strlen(report->results[i].check);
        size_t s = strlen(report->results[i].subject);
        *check = c > *check ? c : *check;
        if (s <= SUBJECT_WIDTH_MAX && (int)s > *subject) {
            *subject = (int)s;
        }
    }
}

static int is_bad(enum ig_outcome status)
{
    return status == IG_STATUS_FAIL || status == IG_STATUS_ERROR || status == IG_STATUS_WARN;
}

static void add_table(const struct ig_report *report, const struct ig_format_options *options,
                      struct ig_buf *out)
{
    int check = 0;
    int subject = 0;
    widths(report, &check, &subject);
    for (size_t i = 0; i < report->count; i++) {
        const struct ig_result *r = &report->results[i];
        add_status(options, r->status, out);
        ig_buf_addf(out, "  %-*s  %-*s  %s\n", check, r->check, subject, r->subject,
                    is_bad(r->status) ? "(see below)" : r->message);
    }
    if (report->count > 0) {
        ig_buf_adds(out, "\n");
    }
}

static void add_details(const struct ig_report *report, const struct ig_format_options *options,
                        enum ig_outcome status, struct ig_buf *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct ig_result *r = &report->results[i];
        if (r->status != status) {
            continue;
        }
        ig_buf_adds(out, "\n");
        add_status(options, r->status, out);
        ig_buf_addf(out, "  %s  %s\n       %s\n", r->check, r->subject, r->message);
        if (r->fix != NULL) {
            ig_buf_addf(out, "       To do: %s\n", r->fix);
        }
    }
}

void ig_format_text(const struct ig_report *report, const struct ig_format_options *options,
                    struct ig_buf *out)
{
    if (options->quiet && ig_report_count(report, IG_STATUS_FAIL) == 0 &&
        ig_report_count(report, IG_STATUS_ERROR) == 0 &&
        ig_report_count(report, IG_STATUS_WARN) == 0) {
        return;
    }
    if (!options->quiet) {
        add_table(report, options, out);
    }
    for (size_t i = 0; i < report->note_count; i++) {
        ig_buf_addf(out, "note   %s\n", report->notes[i]);
    }
    ig_buf_adds(out, "initgate: ");
    ig_format_verdict(report, out);
    ig_buf_adds(out, "\n");
    add_details(report, options, IG_STATUS_FAIL, out);
    add_details(report, options, IG_STATUS_ERROR, out);
    add_details(report, options, IG_STATUS_WARN, out);
}
