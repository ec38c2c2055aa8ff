/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/format.h"

/* Longer than any sentence here; only hostile names get there, and they must not push the other
 * failures out of the message. */
enum { PART_MAX = 900, MORE_ROOM = 64 };

static void add_cut(struct ig_buf *out, const char *text, size_t most)
{
    size_t n = strlen(text);
    if (n <= most) {
        ig_buf_add(out, text, n);
        return;
    }
    n = most;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) {
        n--;  /* not inside a UTF-8 sequence */
    }
    ig_buf_add(out, text, n);
    ig_buf_adds(out, "...");
}

static void add_line(const struct ig_result *r, struct ig_buf *line)
{
    ig_buf_addf(line, "%s %s ", ig_outcome_name(r->status), r->check);
    add_cut(line, r->subject, 300);
    ig_buf_adds(line, ": ");
    add_cut(line, r->message, PART_MAX);
    if (r->fix != NULL) {
        ig_buf_adds(line, " To do: ");
        add_cut(line, r->fix, PART_MAX);
    }
    ig_buf_adds(line, "\n");
}

void ig_format_termination(const struct ig_report *report, struct ig_buf *out)
{
    static const enum ig_outcome order[] = {IG_STATUS_FAIL, IG_STATUS_ERROR, IG_STATUS_WARN,
                                             IG_STATUS_SKIP};
    struct ig_buf verdict = {0};
    size_t left_out = 0;
    ig_format_verdict(report, &verdict);
    ig_buf_adds(out, "initgate: ");
    add_cut(out, ig_buf_text(&verdict), PART_MAX);
    ig_buf_adds(out, "\n");
    ig_buf_free(&verdict);
    for (size_t s = 0; s < sizeof order / sizeof *order; s++) {
        for (size_t i = 0; i < report->count; i++) {
            struct ig_buf line = {0};
            if (report->results[i].status != order[s] || !ig_result_matters(&report->results[i])) {
                continue;
            }
            add_line(&report->results[i], &line);
            if (left_out == 0 && out->length + line.length + MORE_ROOM <= IG_TERMINATION_MAX) {
                ig_buf_add(out, line.data, line.length);
            } else {
                left_out++;
            }
            ig_buf_free(&line);
        }
    }
    if (left_out > 0) {
        ig_buf_addf(out, "and %zu more: see the log of this container\n", left_out);
    }
}
