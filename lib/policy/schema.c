/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema (draft 2020-12) from the tables that decode.c reads. Patterns use
 * only what both ECMA-262 and RE2 know, so that validators written in Go take
 * them too. It cannot say: no key twice, no lifted parameter both ways, none
 * beside a check that is off, and what a check's own validate() asks.
 */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "policy/names.h"
#include "policy/policy.h"

#define PATTERN_SHA256 "^[0-9A-Fa-f]{64}$"
#define PATTERN_MODE "^[0-7]{3,4}$"
/* "/", or components other than "." and ".." each behind one slash. */
#define PATTERN_PATH "^(/|(/([^/.]|\\.[^/.]|\\.\\.[^/])[^/]*)+)$"
/* The same components, the first without a slash; one may follow the last. */
#define PATTERN_RELATIVE \
    "^(\\.|([^/.]|\\.[^/.]|\\.\\.[^/])[^/]*(/([^/.]|\\.[^/.]|\\.\\.[^/])[^/]*)*)/?$"
#define PATTERN_ENV_NAME "^[^=]+$"

static void begin(struct ig_json *j, const char *key, const char *type, const char *description)
{
    ig_json_object(j, key);
    if (type != NULL) {
        ig_json_string(j, "type", type);
    }
    if (description != NULL) {
        ig_json_string(j, "description", description);
    }
}

static void write_string(struct ig_json *j, const char *key, const char *pattern,
                         const char *description)
{
    begin(j, key, "string", description);
    if (pattern != NULL) {
        ig_json_string(j, "pattern", pattern);
    } else {
        ig_json_uint(j, "minLength", 1);
    }
    ig_json_object_end(j);
}

static void write_strings(struct ig_json *j, const char *key, const char *pattern,
                          const char *description)
{
    begin(j, key, "array", description);
    write_string(j, "items", pattern, NULL);
    ig_json_object_end(j);
}

static void write_uint(struct ig_json *j, const char *key, uint64_t max, const char *description)
{
    begin(j, key, "integer", description);
    ig_json_uint(j, "minimum", 0);
    ig_json_uint(j, "maximum", max);
    ig_json_object_end(j);
}

static void write_uints(struct ig_json *j, const char *key, uint64_t max, const char *description)
{
    begin(j, key, "array", description);
    write_uint(j, "items", max, NULL);
    ig_json_object_end(j);
}

static void write_constant(struct ig_json *j, const char *key, const char *value)
{
    ig_json_object(j, key);
    ig_json_string(j, "const", value);
    ig_json_object_end(j);
}

/* Opens an object schema and its "properties". */
static void begin_closed(struct ig_json *j, const char *key, const char *description)
{
    begin(j, key, "object", description);
    ig_json_bool(j, "additionalProperties", false);
    ig_json_object(j, "properties");
}

static void write_required(struct ig_json *j, const char *first, const char *second)
{
    ig_json_array(j, "required");
    ig_json_string(j, NULL, first);
    if (second != NULL) {
        ig_json_string(j, NULL, second);
    }
    ig_json_array_end(j);
}

static void write_enum(struct ig_json *j, const struct ig_param *param)
{
    ig_json_array(j, "enum");
    for (const char *const *value = param->values; *value != NULL; value++) {
        unsigned long long number;
        ig_json_string(j, NULL, *value);
        if (param->number_too && ig_parse_uint(*value, UINT32_MAX, &number)) {
            ig_json_uint(j, NULL, number);
        }
    }
    ig_json_array_end(j);
}

static void write_param(struct ig_json *j, const char *key, const struct ig_param *param);

static void write_params(struct ig_json *j, const struct ig_param *params)
{
    for (const struct ig_param *p = params; p != NULL && p->name != NULL; p++) {
        write_param(j, p->name, p);
    }
}

/* Of an object inside a check, or of a check's own object: there a required
 * parameter may also stand outside, directly under the subject, if it is lifted. */
static void write_required_params(struct ig_json *j, const struct ig_param *params, bool outer)
{
    bool any = false;
    for (const struct ig_param *p = params; p != NULL && p->name != NULL; p++) {
        if (p->required && !(outer && p->lifted)) {
            if (!any) {
                ig_json_array(j, "required");
                any = true;
            }
            ig_json_string(j, NULL, p->name);
        }
    }
    if (any) {
        ig_json_array_end(j);
    }
}

static void write_param(struct ig_json *j, const char *key, const struct ig_param *param)
{
    switch (param->type) {
    case IG_TYPE_BOOL:
        begin(j, key, "boolean", param->summary);
        ig_json_object_end(j);
        break;
    case IG_TYPE_UINT:
        write_uint(j, key, param->max, param->summary);
        break;
    case IG_TYPE_MODE:
        write_string(j, key, PATTERN_MODE, param->summary);
        break;
    case IG_TYPE_STRING:
        write_string(j, key, NULL, param->summary);
        break;
    case IG_TYPE_PATH:
        write_string(j, key, PATTERN_PATH, param->summary);
        break;
    case IG_TYPE_SHA256:
        write_string(j, key, PATTERN_SHA256, param->summary);
        break;
    case IG_TYPE_ENUM:
        begin(j, key, NULL, param->summary);
        write_enum(j, param);
        ig_json_object_end(j);
        break;
    case IG_TYPE_PATHS:
        write_strings(j, key, PATTERN_PATH, param->summary);
        break;
    case IG_TYPE_RELATIVE_PATHS:
        write_strings(j, key, PATTERN_RELATIVE, param->summary);
        break;
    case IG_TYPE_UINTS:
        write_uints(j, key, param->max, param->summary);
        break;
    case IG_TYPE_OBJECT:
        begin_closed(j, key, param->summary);
        write_params(j, param->params);
        ig_json_object_end(j);
        ig_json_uint(j, "minProperties", 1);
        write_required_params(j, param->params, false);
        ig_json_object_end(j);
        break;
    }
}

static void write_severity(struct ig_json *j)
{
    begin(j, "severity", NULL, "fail blocks; warn reports without failing");
    ig_json_array(j, "enum");
    ig_json_string(j, NULL, "warn");
    ig_json_string(j, NULL, "fail");
    ig_json_array_end(j);
    ig_json_object_end(j);
}

/* A check's key: false, an object, or the short form. */
static void write_check(struct ig_json *j, const struct ig_spec *spec)
{
    begin(j, spec->key, NULL, spec->summary);
    ig_json_array(j, "anyOf");
    ig_json_object(j, NULL);
    ig_json_bool(j, "const", false);
    ig_json_object_end(j);
    begin_closed(j, NULL, NULL);
    write_params(j, spec->params);
    write_severity(j);
    ig_json_object_end(j);
    write_required_params(j, spec->params, true);
    ig_json_object_end(j);
    for (const struct ig_param *p = spec->params; p != NULL && p->name != NULL; p++) {
        if (p->short_form) {
            write_param(j, NULL, p);
        }
    }
    ig_json_array_end(j);
    ig_json_object_end(j);
}

static void write_lifted(struct ig_json *j, const struct ig_spec *spec)
{
    for (const struct ig_param *p = spec->params; p != NULL && p->name != NULL; p++) {
        if (p->lifted && strcmp(p->name, spec->key) != 0) {
            write_param(j, p->name, p);
        }
    }
}

static void write_subject(struct ig_json *j, const char *key, enum ig_kind kind,
                          const struct ig_spec *const *specs)
{
    static const char *const identity[] = {"path", "path", NULL, "mountPath"};
    static const char *const summaries[] = {
        "a program that will run", "a file that will be read",
        "what /proc shows of this container", "a mount of the main container"};
    begin_closed(j, key, summaries[kind]);
    if (kind == IG_KIND_VOLUME) {
        write_string(j, "mountPath", PATTERN_PATH, "where the main container has it mounted");
        write_string(j, "at", PATTERN_PATH, "where the gate has it mounted, if elsewhere");
    } else if (kind != IG_KIND_PROC) {
        write_string(j, "path", NULL, "absolute, or relative to the working directory or --root");
    }
    for (size_t i = 0; specs[i] != NULL; i++) {
        if (specs[i]->kind == kind) {
            write_check(j, specs[i]);
            write_lifted(j, specs[i]);
        }
    }
    ig_json_object_end(j);
    if (identity[kind] != NULL) {
        write_required(j, identity[kind], NULL);
    }
    ig_json_object_end(j);
}

static void write_subjects(struct ig_json *j, const char *key, enum ig_kind kind,
                           const struct ig_spec *const *specs)
{
    begin(j, key, "array", NULL);
    write_subject(j, "items", kind, specs);
    ig_json_object_end(j);
}

/* Upper case only, as capabilities(7) writes them: RE2 and ECMA-262 share no way
 * to say "any case" inside a pattern. */
static void write_capabilities(struct ig_json *j)
{
    struct ig_buf pattern IG_AUTO_BUF = {0};
    ig_buf_adds(&pattern, "^(CAP_)?(");
    for (int i = 0; i <= IG_CAP_LAST && ig_cap_name(i) != NULL; i++) {
        ig_buf_addf(&pattern, "%s%s", i != 0 ? "|" : "", ig_cap_name(i) + strlen("CAP_"));
    }
    ig_buf_adds(&pattern, ")$");
    begin(j, "capabilities", "array",
          "what the container has; the runtime's default set if left out, [] is drop ALL");
    write_string(j, "items", ig_buf_text(&pattern), "such as NET_BIND_SERVICE");
    ig_json_object_end(j);
}

static void write_run_as(struct ig_json *j)
{
    begin_closed(j, "runAs", "whom the main container runs as; the gate's own ids if left out");
    write_uint(j, "uid", IG_POLICY_ID_MAX, "runAsUser");
    write_uint(j, "gid", IG_POLICY_ID_MAX, "runAsGroup");
    write_uints(j, "groups", IG_POLICY_ID_MAX, "supplementalGroups and fsGroup");
    write_capabilities(j);
    ig_json_object_end(j);
    write_required(j, "uid", "gid");
    ig_json_object_end(j);
}

static void write_env(struct ig_json *j)
{
    begin(j, "env", "object", "the main container's environment variables, as the loader sees them");
    write_string(j, "propertyNames", PATTERN_ENV_NAME, NULL);
    ig_json_object(j, "additionalProperties");
    ig_json_string(j, "type", "string");
    ig_json_object_end(j);
    ig_json_object_end(j);
}

void ig_policy_schema(const struct ig_spec *const *specs, struct ig_buf *out)
{
    struct ig_json json = {.out = out};
    struct ig_json *j = &json;
    ig_json_object(j, NULL);
    ig_json_string(j, "$schema", "https://json-schema.org/draft/2020-12/schema");
    ig_json_string(j, "$id", "https://initgate.dev/schema/v1/policy.json");
    ig_json_string(j, "title", "initgate policy");
    ig_json_string(j, "type", "object");
    ig_json_bool(j, "additionalProperties", false);
    write_required(j, "apiVersion", "kind");
    ig_json_object(j, "properties");
    write_constant(j, "apiVersion", IG_POLICY_API_VERSION);
    write_constant(j, "kind", IG_POLICY_KIND);
    begin_closed(j, "metadata", NULL);
    write_string(j, "name", NULL, "a name for reports");
    ig_json_object_end(j);
    ig_json_object_end(j);
    write_run_as(j);
    write_uints(j, "trustedUids", IG_POLICY_ID_MAX, "who may write what runs; [0] if left out");
    write_env(j);
    write_subjects(j, "binaries", IG_KIND_BINARY, specs);
    write_subjects(j, "files", IG_KIND_FILE, specs);
    write_subject(j, "proc", IG_KIND_PROC, specs);
    write_subjects(j, "volumes", IG_KIND_VOLUME, specs);
    ig_json_object_end(j);
    ig_json_object_end(j);
}
