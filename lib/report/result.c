/* SPDX-License-Identifier: Apache-2.0 */
#include "report/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

static void replace(char **field, const char *format, va_list args)
{
    char *raw = NULL;
    if (vasprintf(&raw, format, args) < 0) {
        raw = ig_strdup("(message lost: out of memory)");
    }
    struct ig_buf safe = {0};
    ig_sanitize(&safe, raw, strlen(raw));
    free(raw);
    free(*field);
    *field = ig_buf_steal(&safe);
}

void ig_result_set(struct ig_result *r, enum ig_outcome status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    replace(&r->message, format, args);
    va_end(args);
    r->status = status;
}

void ig_result_expected(struct ig_result *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    replace(&r->expected, format, args);
    va_end(args);
}

void ig_result_observed(struct ig_result *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    replace(&r->observed, format, args);
    va_end(args);
}

void ig_result_fix(struct ig_result *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    replace(&r->fix, format, args);
    va_end(args);
}

void ig_result_item(struct ig_result *r, const char *kind, const char *path, const char *detail)
{
    r->items = ig_array_room(r->items, r->item_count, sizeof *r->items);
    struct ig_item *item = &r->items[r->item_count++];
    struct ig_buf safe = {0};
    if (detail != NULL) {
        ig_sanitize(&safe, detail, strlen(detail));
    }
    *item = (struct ig_item){kind, ig_escaped(path), detail != NULL ? ig_buf_steal(&safe) : NULL};
}

void ig_result_clear_items(struct ig_result *r)
{
    for (size_t i = 0; i < r->item_count; i++) {
        free(r->items[i].path);
        free(r->items[i].detail);
    }
    free(r->items);
    r->items = NULL;
    r->item_count = 0;
}

void ig_result_free(struct ig_result *r)
{
    ig_result_clear_items(r);
    free(r->subject);
    free(r->path);
    free(r->message);
    free(r->expected);
    free(r->observed);
    free(r->fix);
    *r = (struct ig_result){0};
}

const char *ig_outcome_name(enum ig_outcome status)
{
    static const char *const names[IG_STATUS_COUNT] = {
        [IG_STATUS_ERROR] = "error", [IG_STATUS_FAIL] = "fail", [IG_STATUS_WARN] = "warn",
        [IG_STATUS_PASS] = "pass",   [IG_STATUS_SKIP] = "skip",
    };
    return names[status];
}

void ig_report_note(struct ig_report *report, const char *text)
{
    struct ig_buf safe = {0};
    ig_sanitize(&safe, text, strlen(text));
    report->notes =
        ig_realloc_array(report->notes, report->note_count + 1, sizeof *report->notes);
    report->notes[report->note_count++] = ig_buf_steal(&safe);
}

bool ig_result_matters(const struct ig_result *r)
{
    return r->status != IG_STATUS_SKIP || r->fix != NULL;
}

size_t ig_report_count(const struct ig_report *report, enum ig_outcome status)
{
    size_t n = 0;
    for (size_t i = 0; i < report->count; i++) {
        n += report->results[i].status == status;
    }
    return n;
}

int ig_report_exit_code(const struct ig_report *report)
{
    if (ig_report_count(report, IG_STATUS_FAIL) > 0) {
        return 1;
    }
    if (ig_report_count(report, IG_STATUS_ERROR) > 0) {
        return 3;
    }
    if (ig_report_count(report, IG_STATUS_PASS) == 0) {
        return 2;
    }
    return 0;
}

const char *ig_report_verdict(const struct ig_report *report)
{
    int code = ig_report_exit_code(report);
    return code == 0 ? "pass" : code == 1 ? "fail" : "error";
}

void ig_report_free(struct ig_report *report)
{
    if (report == NULL) {
        return;
    }
    for (size_t i = 0; i < report->count; i++) {
        ig_result_free(&report->results[i]);
    }
    for (size_t i = 0; i < report->note_count; i++) {
        free(report->notes[i]);
    }
    free(report->notes);
    free(report->results);
    free(report->policy);
    free(report->root);
    free(report);
}
