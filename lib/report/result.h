/* SPDX-License-Identifier: Apache-2.0 */
/* What one check says of one subject, and all of them together. Plain data. */
#ifndef IG_REPORT_RESULT_H
#define IG_REPORT_RESULT_H

#include <stdbool.h>
#include <stddef.h>

/* ERROR is 0 on purpose: a result that nobody filled is an error, never a pass. */
enum ig_outcome {
    IG_STATUS_ERROR = 0,
    IG_STATUS_FAIL,
    IG_STATUS_WARN,
    IG_STATUS_PASS,
    IG_STATUS_SKIP,
    IG_STATUS_COUNT,
};

/* One of many things that a result is about: a file of a volume. */
struct ig_item {
    const char *kind;    /* "missing", "changed", "extra", ...; static */
    char *path;          /* below the subject, "." for itself; owned, escaped, as is DETAIL */
    char *detail;        /* "mode 0600, expected 0644"; NULL where the kind says all */
};

struct ig_result {
    const char *check;   /* id, static */
    char *subject;       /* all strings: owned, sanitized (core/text.h); NULL where nothing is said */
    char *path;          /* the file or folder that is judged, its raw bytes; owned, NULL for /proc */
    enum ig_outcome status;
    char *message;       /* a complete sentence */
    char *expected;
    char *observed;
    char *fix;           /* what to do, a complete sentence */
    struct ig_item *items;  /* all of what the message names the first of; owned */
    size_t item_count;
};

struct ig_report {
    char *policy;        /* metadata.name, or NULL */
    char *root;          /* --root, or NULL */
    char **notes;        /* sentences that concern the whole run, owned */
    size_t note_count;
    struct ig_result *results;
    size_t count;
};

/* Each sets the status and the message, replacing an earlier one. */
void ig_result_set(struct ig_result *r, enum ig_outcome status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ig_result_expected(struct ig_result *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ig_result_observed(struct ig_result *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ig_result_fix(struct ig_result *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Append an item. PATH is raw bytes (it is escaped here), DETAIL (may be NULL) a text. */
void ig_result_item(struct ig_result *r, const char *kind, const char *path, const char *detail);
void ig_result_clear_items(struct ig_result *r);
void ig_result_free(struct ig_result *r);

/* "pass", "fail", "warn", "skip", "error". */
const char *ig_outcome_name(enum ig_outcome status);

void ig_report_note(struct ig_report *report, const char *text);
/* False of a skip with nothing to do: not asked, or told by another result. One that says what to do was
 * wanted and is not known, which a summary must not pass over. */
bool ig_result_matters(const struct ig_result *r);
size_t ig_report_count(const struct ig_report *report, enum ig_outcome status);

/* The contract's exit code: 1 where something failed, else 3 where something could not be
 * evaluated, else 2 where nothing passed (a warning is no pass), else 0. */
int ig_report_exit_code(const struct ig_report *report);
/* "pass", "fail" or "error", for the same report. */
const char *ig_report_verdict(const struct ig_report *report);

void ig_report_free(struct ig_report *report);

#endif
