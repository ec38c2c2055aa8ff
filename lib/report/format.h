/* SPDX-License-Identifier: Apache-2.0 */
/* A report as text. Formats are rows of one table; none of them changes the verdict. */
#ifndef IG_REPORT_FORMAT_H
#define IG_REPORT_FORMAT_H

#include <stdbool.h>

#include "core/buf.h"
#include "report/result.h"

/* A check, as SARIF describes it to a reader who has never met it. Strings are static. */
struct ig_rule {
    const char *id, *summary, *means, *matters, *mend;
};

struct ig_format_options {
    bool colour;          /* of the text format */
    bool quiet;           /* text: only what failed, warned or could not be evaluated */
    int exit_code;        /* what the process will end with, for formats that tell */
    const char *version;  /* of this program; for formats that name their tool */
    /* The N-th check; false beyond the last. For formats that describe every check. */
    bool (*rule)(size_t n, struct ig_rule *rule);
};

struct ig_formatter {
    const char *name;
    void (*write)(const struct ig_report *report, const struct ig_format_options *options,
                  struct ig_buf *out);
};

enum { IG_FORMAT_COUNT = 6 };
/* Ends with name NULL. */
extern const struct ig_formatter ig_formatters[IG_FORMAT_COUNT + 1];
const struct ig_formatter *ig_formatter_find(const char *name);

void ig_format_text(const struct ig_report *report, const struct ig_format_options *options,
                    struct ig_buf *out);
void ig_format_json(const struct ig_report *report, const struct ig_format_options *options,
                    struct ig_buf *out);
/* The XML that Jenkins and GitLab read: a test suite for each subject, a test case for each check. */
void ig_format_junit(const struct ig_report *report, const struct ig_format_options *options,
                     struct ig_buf *out);
/* SARIF 2.1.0 (OASIS), what code scanning reads. */
void ig_format_sarif(const struct ig_report *report, const struct ig_format_options *options,
                     struct ig_buf *out);
/* Test Anything Protocol, version 13. */
void ig_format_tap(const struct ig_report *report, const struct ig_format_options *options,
                   struct ig_buf *out);
/* Workflow commands of GitHub Actions. */
void ig_format_github(const struct ig_report *report, const struct ig_format_options *options,
                      struct ig_buf *out);

/* How many items of a result the formats other than JSON show: readers of reports limit their size,
 * and a volume may have lost 200,000 files. */
enum { IG_ITEMS_SHOWN = 1000 };

enum { IG_TERMINATION_MAX = 4096 };
/* The pod status's message (Kubernetes: at most 4096 bytes a container): the verdict and the ids in
 * its first line, then a line for each failure, error and warning, cut between lines. */
void ig_format_termination(const struct ig_report *report, struct ig_buf *out);

/* "fail: 1 of 12 checks failed: binary.sha256 (/app/server)": the first line without the
 * program's name. */
void ig_format_verdict(const struct ig_report *report, struct ig_buf *out);

/* "MESSAGE To do: FIX" */
void ig_format_sentences(const struct ig_result *r, struct ig_buf *out);

#endif
