/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version 13 (testanything.org), which readers of 14 accept. Texts have no line breaks; what is left
 * to forge is a directive ("# SKIP" makes a failure pass) in a name, and a brace at a line's end,
 * which node-tap takes for the start of a subtest.
 */
#include "report/format.h"

static void add_description(struct ig_buf *out, const struct ig_result *r)
{
    ig_buf_addf(out, "%s (", r->check);
    for (const char *c = r->subject; *c != '\0'; c++) {
        ig_buf_addf(out, "%s%c", *c == '#' || *c == '\\' ? "\\" : "", *c);
    }
    ig_buf_adds(out, ")");
}

/* A YAML single-quoted scalar: a doubled quote is its only escape. */
static void add_scalar(struct ig_buf *out, const char *text)
{
    ig_buf_adds(out, "'");
    for (const char *c = text; *c != '\0'; c++) {
        ig_buf_addf(out, "%s%c", *c == '\'' ? "'" : "", *c);
    }
    ig_buf_adds(out, "'\n");
}

static void add_row(struct ig_buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        ig_buf_addf(out, "  %s: ", name);
        add_scalar(out, value);
    }
}

static void add_items(struct ig_buf *out, const struct ig_result *r)
{
    if (r->item_count == 0) {
        return;
    }
    ig_buf_adds(out, "  items:\n");
    for (size_t i = 0; i < r->item_count && i < IG_ITEMS_SHOWN; i++) {
        ig_buf_addf(out, "    - kind: '%s'\n      path: ", r->items[i].kind);
        add_scalar(out, r->items[i].path);
        add_row(out, "    detail", r->items[i].detail);
    }
    if (r->item_count > IG_ITEMS_SHOWN) {
        ig_buf_addf(out, "  more_items: %zu\n", r->item_count - IG_ITEMS_SHOWN);
    }
}

static void add_diagnostics(struct ig_buf *out, const struct ig_result *r)
{
    ig_buf_adds(out, "  ---\n");
    add_row(out, "status", ig_outcome_name(r->status));
    add_row(out, "message", r->message);
    add_row(out, "expected", r->expected);
    add_row(out, "observed", r->observed);
    add_row(out, "fix", r->fix);
    add_items(out, r);
    ig_buf_adds(out, "  ...\n");
}

static void add_result(struct ig_buf *out, const struct ig_result *r, size_t number)
{
    bool bad = r->status == IG_STATUS_FAIL || r->status == IG_STATUS_ERROR;
    ig_buf_addf(out, "%s %zu - ", bad ? "not ok" : "ok", number);
    add_description(out, r);
    if (r->status == IG_STATUS_SKIP) {
        /* The bracket keeps a name at the message's end from ending the line. */
        ig_buf_addf(out, " # SKIP (%s)", r->message);
    }
    ig_buf_adds(out, "\n");
    if (bad || r->status == IG_STATUS_WARN) {
        add_diagnostics(out, r);
    }
    if (r->status == IG_STATUS_WARN) {
        ig_buf_addf(out, "# warn: %s (%s): %s\n", r->check, r->subject, r->message);
    }
}

void ig_format_tap(const struct ig_report *report, const struct ig_format_options *options,
                   struct ig_buf *out)
{
    struct ig_buf verdict = {0};
    (void)options;
    ig_format_verdict(report, &verdict);
    ig_buf_addf(out, "TAP version 13\n1..%zu\n", report->count);
    for (size_t i = 0; i < report->count; i++) {
        add_result(out, &report->results[i], i + 1);
    }
    for (size_t i = 0; i < report->note_count; i++) {
        ig_buf_addf(out, "# note: %s\n", report->notes[i]);
    }
    ig_buf_addf(out, "# initgate: %s\n", verdict.data);
    /* Skipped tests alone are a success to every reader. */
    if (ig_report_exit_code(report) == 2) {
        ig_buf_addf(out, "Bail out! %s\n", verdict.data);
    }
    ig_buf_free(&verdict);
}
