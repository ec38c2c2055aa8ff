/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json.h"

#include "report/format.h"

static void add_optional(struct ig_json *j, const char *key, const char *text)
{
    /* The same keys always, so that a consumer needs no "if present". */
    ig_json_string(j, key, text != NULL ? text : "");
}

static void add_items(struct ig_json *j, const struct ig_result *r)
{
    ig_json_array(j, "items");
    for (size_t i = 0; i < r->item_count; i++) {
        ig_json_object(j, NULL);
        ig_json_string(j, "kind", r->items[i].kind);
        ig_json_string(j, "path", r->items[i].path);
        add_optional(j, "detail", r->items[i].detail);
        ig_json_object_end(j);
    }
    ig_json_array_end(j);
}

static void add_result(struct ig_json *j, const struct ig_result *r)
{
    ig_json_object(j, NULL);
    ig_json_string(j, "check", r->check);
    ig_json_string(j, "subject", r->subject);
    ig_json_string(j, "status", ig_outcome_name(r->status));
    add_optional(j, "message", r->message);
    add_optional(j, "expected", r->expected);
    add_optional(j, "observed", r->observed);
    add_optional(j, "fix", r->fix);
    add_items(j, r);
    ig_json_object_end(j);
}

void ig_format_json(const struct ig_report *report, const struct ig_format_options *options,
                    struct ig_buf *out)
{
    struct ig_json j = {.out = out};
    (void)options;
    ig_json_object(&j, NULL);
    ig_json_string(&j, "apiVersion", "initgate.dev/v1");
    ig_json_string(&j, "kind", "Report");
    add_optional(&j, "policy", report->policy);
    add_optional(&j, "root", report->root);
    ig_json_string(&j, "verdict", ig_report_verdict(report));
    ig_json_object(&j, "summary");
    for (enum ig_outcome s = 0; s < IG_STATUS_COUNT; s++) {
        ig_json_uint(&j, ig_outcome_name(s), ig_report_count(report, s));
    }
    ig_json_object_end(&j);
    ig_json_array(&j, "notes");
    for (size_t i = 0; i < report->note_count; i++) {
        ig_json_string(&j, NULL, report->notes[i]);
    }
    ig_json_array_end(&j);
    ig_json_array(&j, "results");
    for (size_t i = 0; i < report->count; i++) {
        add_result(&j, &report->results[i]);
    }
    ig_json_array_end(&j);
    ig_json_object_end(&j);
}
