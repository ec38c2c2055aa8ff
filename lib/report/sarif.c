/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SARIF 2.1.0 (OASIS, 27 March 2020), for code scanning. Its results are what failed, warned or could
 * not be evaluated: the standard has kinds for passed and skipped checks too, but GitHub's code
 * scanning and GitLab's converter make an alert of every result, whatever its kind.
 */
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/text.h"
#include "report/format.h"

static const char schema[] = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                             "sarif-schema-2.1.0.json";
static const char base[] = "SRCROOT";

/* {"text": TEXT}. "[a](b)" in a text is a link (3.11.6): a file name must not make one. */
static void add_message(struct ig_json *j, const char *key, const char *text)
{
    struct ig_buf plain = {0};
    for (const char *c = text; *c != '\0'; c++) {
        ig_buf_addf(&plain, "%s%c", *c == '(' && c > text && c[-1] == ']' ? "\\" : "", *c);
    }
    ig_json_object(j, key);
    ig_json_string(j, "text", ig_buf_text(&plain));
    ig_json_object_end(j);
    ig_buf_free(&plain);
}

static void add_rule(struct ig_json *j, const struct ig_rule *rule)
{
    IG_AUTO_FREE char *passes = ig_format("Passes when: %s.", rule->summary);
    IG_AUTO_FREE char *full = ig_format("%s %s", rule->means, rule->matters);
    ig_json_object(j, NULL);
    ig_json_string(j, "id", rule->id);
    add_message(j, "shortDescription", passes);
    add_message(j, "fullDescription", full);
    add_message(j, "help", rule->mend);
    ig_json_object(j, "defaultConfiguration");
    ig_json_string(j, "level", "error");
    ig_json_object_end(j);
    ig_json_object_end(j);
}

static void add_tool(struct ig_json *j, const struct ig_format_options *options)
{
    struct ig_rule rule;
    ig_json_object(j, "tool");
    ig_json_object(j, "driver");
    ig_json_string(j, "name", "initgate");
    ig_json_string(j, "version", options->version);
    ig_json_string(j, "semanticVersion", options->version);
    ig_json_array(j, "rules");
    for (size_t i = 0; options->rule(i, &rule); i++) {
        add_rule(j, &rule);
    }
    ig_json_array_end(j);
    ig_json_object_end(j);
    ig_json_object_end(j);
}

static void add_rule_reference(struct ig_json *j, const struct ig_format_options *options,
                               const char *id, const char *id_key, const char *index_key)
{
    struct ig_rule rule;
    ig_json_string(j, id_key, id);
    for (size_t i = 0; options->rule(i, &rule); i++) {
        if (strcmp(rule.id, id) == 0) {
            ig_json_uint(j, index_key, i);
        }
    }
}

/* A relative reference (RFC 3986): everything but unreserved characters and slashes as %XX, so that
 * no name looks like a scheme or an authority. Below the root that was judged, since the place where
 * a pipeline unpacked it differs from run to run. */
static void add_uri(struct ig_buf *out, const char *path)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    path += strspn(path, "/");
    for (const char *c = path; *c != '\0'; c++) {
        ig_buf_addf(out, strchr(unreserved, *c) != NULL ? "%c" : "%%%02X", (unsigned char)*c);
    }
    if (*path == '\0') {
        ig_buf_adds(out, ".");
    }
}

/* The region is what GitHub demands of a location; a folder or program has no better one. */
static void add_location(struct ig_json *j, const char *path, bool region)
{
    struct ig_buf uri = {0};
    add_uri(&uri, path);
    ig_json_object(j, "physicalLocation");
    ig_json_object(j, "artifactLocation");
    ig_json_string(j, "uri", ig_buf_text(&uri));
    ig_json_string(j, "uriBaseId", base);
    ig_json_object_end(j);
    if (region) {
        ig_json_object(j, "region");
        ig_json_uint(j, "startLine", 1);
        ig_json_object_end(j);
    }
    ig_json_object_end(j);
    ig_buf_free(&uri);
}

static const char *path_of(const struct ig_result *r)
{
    return r->path != NULL ? r->path : r->subject;
}

static void add_locations(struct ig_json *j, const struct ig_result *r)
{
    ig_json_array(j, "locations");
    ig_json_object(j, NULL);
    add_location(j, path_of(r), true);
    ig_json_object_end(j);
    ig_json_array_end(j);
}

static void add_item(struct ig_json *j, const struct ig_result *r, size_t index)
{
    const struct ig_item *item = &r->items[index];
    struct ig_buf path = {0};
    IG_AUTO_FREE char *what =
        ig_format("%s%s%s", item->kind, item->detail != NULL ? ": " : "",
                  item->detail != NULL ? item->detail : "");
    ig_buf_adds(&path, path_of(r));
    if (strcmp(item->path, ".") != 0) {
        ig_buf_adds(&path, "/");
        ig_unescape(&path, item->path);
    }
    ig_json_object(j, NULL);
    ig_json_uint(j, "id", index);
    add_location(j, ig_buf_text(&path), false);
    add_message(j, "message", what);
    ig_json_object_end(j);
    ig_buf_free(&path);
}

static void add_items(struct ig_json *j, const struct ig_result *r)
{
    if (r->item_count == 0) {
        return;
    }
    ig_json_array(j, "relatedLocations");
    for (size_t i = 0; i < r->item_count && i < IG_ITEMS_SHOWN; i++) {
        add_item(j, r, i);
    }
    ig_json_array_end(j);
}

/* Alerts of two runs are the same one where check and subject are. The key is the one that GitHub
 * looks at, its form "HASH:COUNT". FNV-1a: nothing is protected by it. */
static void add_fingerprint(struct ig_json *j, const struct ig_result *r)
{
    uint64_t hash = 0xcbf29ce484222325U;
    IG_AUTO_FREE char *text = ig_format("%s %s", r->check, path_of(r));
    for (const char *c = text; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3U;
    }
    IG_AUTO_FREE char *value = ig_format("%016" PRIx64 ":1", hash);
    ig_json_object(j, "partialFingerprints");
    ig_json_string(j, "primaryLocationLineHash", value);
    ig_json_object_end(j);
}

static void add_property(struct ig_json *j, const char *key, const char *text)
{
    ig_json_string(j, key, text != NULL ? text : "");
}

static bool is_alert(const struct ig_result *r)
{
    return r->status != IG_STATUS_PASS && r->status != IG_STATUS_SKIP;
}

static void add_result(struct ig_json *j, const struct ig_format_options *options,
                       const struct ig_result *r)
{
    struct ig_buf text = {0};
    ig_format_sentences(r, &text);
    ig_json_object(j, NULL);
    add_rule_reference(j, options, r->check, "ruleId", "ruleIndex");
    ig_json_string(j, "kind", "fail");
    ig_json_string(j, "level", r->status == IG_STATUS_WARN ? "warning" : "error");
    add_message(j, "message", ig_buf_text(&text));
    add_locations(j, r);
    add_items(j, r);
    add_fingerprint(j, r);
    ig_json_object(j, "properties");
    ig_json_string(j, "status", ig_outcome_name(r->status));
    ig_json_string(j, "subject", r->subject);
    add_property(j, "expected", r->expected);
    add_property(j, "observed", r->observed);
    add_property(j, "fix", r->fix);
    ig_json_uint(j, "itemCount", r->item_count);
    ig_json_object_end(j);
    ig_json_object_end(j);
    ig_buf_free(&text);
}

static void add_notification(struct ig_json *j, const char *level, const char *text)
{
    ig_json_object(j, NULL);
    ig_json_string(j, "level", level);
    add_message(j, "message", text);
    ig_json_object_end(j);
}

static void add_error(struct ig_json *j, const struct ig_format_options *options,
                      const struct ig_result *r)
{
    ig_json_object(j, NULL);
    ig_json_string(j, "level", "error");
    add_message(j, "message", r->message);
    add_locations(j, r);
    ig_json_object(j, "associatedRule");
    add_rule_reference(j, options, r->check, "id", "index");
    ig_json_object_end(j);
    ig_json_object_end(j);
}

static void add_invocation(struct ig_json *j, const struct ig_report *report,
                           const struct ig_format_options *options)
{
    struct ig_buf verdict = {0};
    bool nothing = ig_report_exit_code(report) == 2;
    ig_format_verdict(report, &verdict);
    ig_json_array(j, "invocations");
    ig_json_object(j, NULL);
    ig_json_bool(j, "executionSuccessful",
                 !nothing && ig_report_count(report, IG_STATUS_ERROR) == 0);
    ig_json_uint(j, "exitCode", (uint64_t)options->exit_code);
    ig_json_string(j, "exitCodeDescription", verdict.data);
    ig_json_array(j, "toolExecutionNotifications");
    if (nothing) {
        add_notification(j, "error", verdict.data);
    }
    for (size_t i = 0; i < report->count; i++) {
        if (report->results[i].status == IG_STATUS_ERROR) {
            add_error(j, options, &report->results[i]);
        }
    }
    for (size_t i = 0; i < report->note_count; i++) {
        add_notification(j, "note", report->notes[i]);
    }
    ig_json_array_end(j);
    ig_json_object_end(j);
    ig_json_array_end(j);
    ig_buf_free(&verdict);
}

static void add_run(struct ig_json *j, const struct ig_report *report,
                    const struct ig_format_options *options)
{
    ig_json_object(j, NULL);
    add_tool(j, options);
    add_invocation(j, report, options);
    ig_json_object(j, "originalUriBaseIds");
    ig_json_object(j, base);
    add_message(j, "description", "The root of the file system that was judged.");
    ig_json_object_end(j);
    ig_json_object_end(j);
    ig_json_string(j, "columnKind", "unicodeCodePoints");
    ig_json_array(j, "results");
    for (size_t i = 0; i < report->count; i++) {
        if (is_alert(&report->results[i])) {
            add_result(j, options, &report->results[i]);
        }
    }
    ig_json_array_end(j);
    ig_json_object(j, "properties");
    ig_json_string(j, "verdict", ig_report_verdict(report));
    for (enum ig_outcome s = 0; s < IG_STATUS_COUNT; s++) {
        ig_json_uint(j, ig_outcome_name(s), ig_report_count(report, s));
    }
    ig_json_object_end(j);
    ig_json_object_end(j);
}

void ig_format_sarif(const struct ig_report *report, const struct ig_format_options *options,
                     struct ig_buf *out)
{
    struct ig_json j = {.out = out};
    ig_json_object(&j, NULL);
    ig_json_string(&j, "$schema", schema);
    ig_json_string(&j, "version", "2.1.0");
    ig_json_array(&j, "runs");
    add_run(&j, report, options);
    ig_json_array_end(&j);
    ig_json_object_end(&j);
}
