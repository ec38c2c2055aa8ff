/* SPDX-License-Identifier: Apache-2.0 */
/* A report as text. Formats are rows of one table; none of them changes the verdict. */
#ifndef IG_REPORT_FORMAT_H
#define IG_REPORT_FORMAT_H

#include <stdbool.h>

#include "core/buf.h"
#include "report/result.h"

struct ig_format_options {
    bool colour;  /* of the text format */
    bool quiet;   /* text: only what failed, warned or could not be evaluated */
};

struct ig_formatter {
    const char *name;
    void (*write)(const struct ig_report *report, const struct ig_format_options *options,
                  struct ig_buf *out);
};

/* Ends with name NULL. */
extern const struct ig_formatter ig_formatters[];
const struct ig_formatter *ig_formatter_find(const char *name);

void ig_format_text(const struct ig_report *report, const struct ig_format_options *options,
                    struct ig_buf *out);
void ig_format_json(const struct ig_report *report, const struct ig_format_options *options,
                    struct ig_buf *out);

enum { IG_TERMINATION_MAX = 4096 };
/* The pod status's message (Kubernetes: at most 4096 bytes a container): the verdict and the ids in
 * its first line, then a line for each failure, error and warning, cut between lines. */
void ig_format_termination(const struct ig_report *report, struct ig_buf *out);

/* "fail: 1 of 12 checks failed: binary.sha256 (/app/server)": the first line without the
 * program's name. */
void ig_format_verdict(const struct ig_report *report, struct ig_buf *out);

#endif
