/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema is that of Jenkins (junit-10.xsd of its xUnit plugin), which GitLab reads too: a skip's
 * reason is text, since that schema knows no attribute of it. Times are left out: nobody measured
 * them for single checks.
 */
#include <string.h>

#include "report/format.h"

/* Of what XML 1.0 forbids (section 2.2, Char), a report's texts hold nothing: core/text.h. */
static void add_text(struct ig_buf *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("&<>\"", *c) != NULL) {
            ig_buf_addf(out, "&#%d;", *c);
        } else {
            ig_buf_add(out, c, 1);
        }
    }
}

static void add_attribute(struct ig_buf *out, const char *name, const char *value)
{
    ig_buf_addf(out, " %s=\"", name);
    add_text(out, value);
    ig_buf_adds(out, "\"");
}

static void add_row(struct ig_buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        ig_buf_addf(out, "\n%s", name);
        add_text(out, value);
    }
}

static void add_items(struct ig_buf *out, const struct ig_result *r)
{
    for (size_t i = 0; i < r->item_count && i < IG_ITEMS_SHOWN; i++) {
        const struct ig_item *item = &r->items[i];
        ig_buf_addf(out, "\n%s ", item->kind);
        add_text(out, item->path);
        add_row(out, "    ", item->detail);
    }
    if (r->item_count > IG_ITEMS_SHOWN) {
        ig_buf_addf(out, "\nand %zu more", r->item_count - IG_ITEMS_SHOWN);
    }
}

static void add_body(struct ig_buf *out, const struct ig_result *r)
{
    add_text(out, r->message);
    add_row(out, "Expected: ", r->expected);
    add_row(out, "Observed: ", r->observed);
    add_row(out, "To do: ", r->fix);
    add_items(out, r);
}

static void add_defect(struct ig_buf *out, const char *element, const struct ig_result *r)
{
    ig_buf_addf(out, "      <%s", element);
    add_attribute(out, "type", r->check);
    add_attribute(out, "message", r->message);
    ig_buf_adds(out, ">");
    add_body(out, r);
    ig_buf_addf(out, "</%s>\n", element);
}

static void add_case(struct ig_buf *out, const struct ig_result *r)
{
    ig_buf_adds(out, "    <testcase");
    add_attribute(out, "name", r->check);
    add_attribute(out, "classname", r->subject);
    if (r->status == IG_STATUS_PASS) {
        ig_buf_adds(out, "/>\n");
        return;
    }
    ig_buf_adds(out, ">\n");
    if (r->status == IG_STATUS_SKIP) {
        ig_buf_adds(out, "      <skipped>");
        add_text(out, r->message);
        ig_buf_adds(out, "</skipped>\n");
    } else if (r->status == IG_STATUS_WARN) {
        ig_buf_adds(out, "      <system-out>warning: ");
        add_body(out, r);
        ig_buf_adds(out, "</system-out>\n");
    } else {
        add_defect(out, r->status == IG_STATUS_FAIL ? "failure" : "error", r);
    }
    ig_buf_adds(out, "    </testcase>\n");
}

/* How many results from FIRST on are about its subject. */
static size_t same_subject(const struct ig_report *report, size_t first)
{
    size_t n = first + 1;
    while (n < report->count &&
           strcmp(report->results[n].subject, report->results[first].subject) == 0) {
        n++;
    }
    return n - first;
}

static void add_suite(struct ig_buf *out, const struct ig_result *results, size_t count)
{
    const struct ig_report part = {.results = (struct ig_result *)results, .count = count};
    ig_buf_adds(out, "  <testsuite");
    add_attribute(out, "name", results[0].subject);
    ig_buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", count,
                ig_report_count(&part, IG_STATUS_FAIL), ig_report_count(&part, IG_STATUS_ERROR),
                ig_report_count(&part, IG_STATUS_SKIP));
    for (size_t i = 0; i < count; i++) {
        add_case(out, &results[i]);
    }
    ig_buf_adds(out, "  </testsuite>\n");
}

/* The verdict and what concerns the whole run. A run that evaluated nothing has skipped tests only,
 * which every reader shows as a success: it gets an error of its own. */
static void add_run(struct ig_buf *out, const struct ig_report *report, bool nothing)
{
    struct ig_buf verdict = {0};
    ig_format_verdict(report, &verdict);
    ig_buf_addf(out, "  <testsuite name=\"initgate\" tests=\"%d\" failures=\"0\" errors=\"%d\" "
                     "skipped=\"0\">\n", nothing, nothing);
    if (nothing) {
        struct ig_result r = {.check = "verdict", .subject = (char *)"initgate",
                              .status = IG_STATUS_ERROR, .message = verdict.data};
        add_case(out, &r);
    }
    ig_buf_adds(out, "    <system-out>");
    add_text(out, ig_buf_text(&verdict));
    for (size_t i = 0; i < report->note_count; i++) {
        add_row(out, "note: ", report->notes[i]);
    }
    ig_buf_adds(out, "</system-out>\n  </testsuite>\n");
    ig_buf_free(&verdict);
}

void ig_format_junit(const struct ig_report *report, const struct ig_format_options *options,
                     struct ig_buf *out)
{
    bool nothing = ig_report_exit_code(report) == 2;
    (void)options;
    ig_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"initgate\"");
    ig_buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", report->count + nothing,
                ig_report_count(report, IG_STATUS_FAIL),
                ig_report_count(report, IG_STATUS_ERROR) + nothing);
    for (size_t i = 0; i < report->count;) {
        size_t n = same_subject(report, i);
        add_suite(out, &report->results[i], n);
        i += n;
    }
    add_run(out, report, nothing);
    ig_buf_adds(out, "</testsuites>\n");
}
