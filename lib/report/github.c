/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workflow commands: "::error title=T,file=F::TEXT" makes an annotation of the run. The runner reads
 * a command only at a line's start, "##[...]" anywhere but in a line that is one, and ends property
 * lists at "::"; so every line here starts with a command, and every text is escaped as the
 * runner undoes it (its ActionCommand.cs; actions/toolkit, command.ts).
 */
#include <string.h>

#include "core/text.h"
#include "report/format.h"

static void add_escaped(struct ig_buf *out, const char *text, const char *special)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(special, *c) != NULL) {
            ig_buf_addf(out, "%%%02X", (unsigned char)*c);
        } else {
            ig_buf_add(out, c, 1);
        }
    }
}

static void add_data(struct ig_buf *out, const char *text)
{
    add_escaped(out, text, "%\r\n");
}

static void add_property(struct ig_buf *out, const char *text)
{
    add_escaped(out, text, "%\r\n:,");
}

/* Where --root is given as a folder of the workspace, ROOT/PATH is a path of the repository. */
static void add_file(struct ig_buf *out, const struct ig_report *report, const struct ig_result *r)
{
    struct ig_buf root = {0};
    ig_buf_adds(out, ",file=");
    if (report->root != NULL) {
        size_t n = strlen(report->root);
        ig_sanitize(&root, report->root, n);
        add_property(out, ig_buf_text(&root));
        if (r->subject[0] != '/' && (n == 0 || report->root[n - 1] != '/')) {
            ig_buf_adds(out, "/");
        }
    }
    add_property(out, r->subject);
    ig_buf_free(&root);
}

static void add_result(struct ig_buf *out, const struct ig_report *report,
                       const struct ig_result *r)
{
    struct ig_buf text = {0};
    ig_buf_addf(out, "::%s title=%s (", r->status == IG_STATUS_WARN ? "warning" : "error",
                r->check);
    add_property(out, r->subject);
    ig_buf_adds(out, ")");
    if (r->path != NULL) {
        add_file(out, report, r);
    }
    ig_buf_adds(out, "::");
    if (r->status == IG_STATUS_ERROR) {
        ig_buf_adds(out, "Could not be evaluated: ");
    }
    ig_format_sentences(r, &text);
    add_data(out, text.data);
    ig_buf_adds(out, "\n");
    ig_buf_free(&text);
}

void ig_format_github(const struct ig_report *report, const struct ig_format_options *options,
                      struct ig_buf *out)
{
    /* GitHub shows the first ten of a kind. */
    static const enum ig_outcome order[] = {IG_STATUS_FAIL, IG_STATUS_ERROR, IG_STATUS_WARN};
    struct ig_buf verdict = {0};
    (void)options;
    for (size_t s = 0; s < sizeof order / sizeof *order; s++) {
        for (size_t i = 0; i < report->count; i++) {
            if (report->results[i].status == order[s]) {
                add_result(out, report, &report->results[i]);
            }
        }
    }
    ig_format_verdict(report, &verdict);
    /* Nothing evaluated: no line above says so. */
    ig_buf_addf(out, "::%s title=initgate::",
                ig_report_exit_code(report) == 2 ? "error" : "notice");
    add_data(out, verdict.data);
    ig_buf_adds(out, "\n");
    for (size_t i = 0; i < report->note_count; i++) {
        ig_buf_adds(out, "::notice title=initgate::");
        add_data(out, report->notes[i]);
        ig_buf_adds(out, "\n");
    }
    ig_buf_free(&verdict);
}
