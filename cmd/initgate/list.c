/* SPDX-License-Identifier: Apache-2.0 */
/* list, explain, schema, version: what the tables say. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/text.h"

static bool json_wanted(const struct options *o)
{
    return o->value[OPT_FORMAT] != NULL && strcmp(o->value[OPT_FORMAT], "json") == 0;
}

static int no_operands(const struct options *o)
{
    if (o->operand_count == 0) {
        return 0;
    }
    IG_AUTO_FREE char *text = ig_format("unexpected argument \"%s\"", o->operands[0]);
    return usage_error(o, text);
}

static void list_json(struct ig_buf *out)
{
    struct ig_json j = {.out = out};
    struct ig_check_info info;
    ig_json_array(&j, NULL);
    for (size_t i = 0; ig_check_info(i, &info); i++) {
        ig_json_object(&j, NULL);
        ig_json_string(&j, "id", info.id);
        ig_json_string(&j, "family", info.family);
        ig_json_string(&j, "key", info.key);
        ig_json_bool(&j, "onRequest", info.on_request);
        ig_json_string(&j, "summary", info.summary);
        ig_json_object_end(&j);
    }
    ig_json_array_end(&j);
}

static int run_list(const struct options *o)
{
    struct ig_buf out = {0};
    struct ig_check_info info;
    bool json = json_wanted(o);
    if (no_operands(o) != 0) {
        return IG_EXIT_USAGE;
    }
    if (json) {
        list_json(&out);
    }
    for (size_t i = 0; !json && ig_check_info(i, &info); i++) {
        ig_buf_addf(&out, "%-18s  %s%s\n", info.id, info.summary,
                    info.on_request ? " (only where the policy asks)" : "");
    }
    int code = print_output(o, ig_buf_text(&out));
    ig_buf_free(&out);
    return code;
}

const struct command command_list = {
    .name = "list",
    .synopsis = "[--format json]",
    .summary = "the checks, one a line",
    .formats = formats_text_json,
    .accepted = OPT_BIT(OPT_FORMAT),
    .run = run_list,
};

enum { WIDTH = 80 };

static void wrap(struct ig_buf *out, const char *text)
{
    size_t column = 0;
    for (const char *word = text; *word != '\0';) {
        size_t n = strcspn(word, " ");
        if (column > 0 && column + 1 + n > WIDTH) {
            ig_buf_adds(out, "\n");
            column = 0;
        }
        if (column > 0) {
            ig_buf_adds(out, " ");
            column++;
        }
        ig_buf_add(out, word, n);
        column += n;
        word += n + (word[n] == ' ');
    }
    ig_buf_adds(out, "\n");
}

static int unknown_check(const struct options *o, const char *id)
{
    enum { MOST = 64 };
    const char *names[MOST + 1] = {0};
    struct ig_check_info info;
    for (size_t i = 0; i < MOST && ig_check_info(i, &info); i++) {
        names[i] = info.id;
    }
    const char *near = ig_suggest(id, names);
    IG_AUTO_FREE char *text =
        ig_format("unknown check \"%s\"%s%s%s", id, near != NULL ? "; did you mean " : "",
                  near != NULL ? near : "", near != NULL ? "?" : "; `initgate list` names them");
    return usage_error(o, text);
}

static int run_explain(const struct options *o)
{
    struct ig_buf out = {0};
    struct ig_check_info info;
    if (o->operand_count != 1) {
        return usage_error(o, "explain takes one check; `initgate list` names them");
    }
    for (size_t i = 0; ig_check_info(i, &info); i++) {
        if (strcmp(info.id, o->operands[0]) != 0) {
            continue;
        }
        ig_buf_addf(&out, "%s (policy: \"%s\" under %s)\n\nWhat it means\n", info.id, info.key,
                    info.family);
        wrap(&out, info.means);
        ig_buf_adds(&out, "\nWhy it matters in a pod\n");
        wrap(&out, info.matters);
        ig_buf_adds(&out, "\nHow to mend it\n");
        wrap(&out, info.mend);
        int code = print_output(o, ig_buf_text(&out));
        ig_buf_free(&out);
        return code;
    }
    return unknown_check(o, o->operands[0]);
}

const struct command command_explain = {
    .name = "explain",
    .synopsis = "CHECK",
    .summary = "what a check means, why it matters, how to mend it",
    .operand = "CHECK",
    .run = run_explain,
};

static int run_schema(const struct options *o)
{
    if (no_operands(o) != 0) {
        return IG_EXIT_USAGE;
    }
    IG_AUTO_FREE char *text = ig_schema();
    return print_output(o, text);
}

const struct command command_schema = {
    .name = "schema",
    .synopsis = "",
    .summary = "JSON Schema of the policy",
    .accepted = OPT_BIT(OPT_OUTPUT),
    .run = run_schema,
};

static int run_version(const struct options *o)
{
    struct ig_version_info v = ig_version();
    const struct {
        const char *name, *value;
    } rows[] = {{"version", v.version}, {"build", v.build},   {"libc", v.libc},
                {"libcrypto", v.libcrypto}, {"libelf", v.libelf}, {"cjson", v.cjson}};
    struct ig_buf out = {0};
    bool json = json_wanted(o);
    if (no_operands(o) != 0) {
        return IG_EXIT_USAGE;
    }
    if (json) {
        struct ig_json j = {.out = &out};
        ig_json_object(&j, NULL);
        for (size_t i = 0; i < IG_COUNT(rows); i++) {
            ig_json_string(&j, rows[i].name, rows[i].value);
        }
        ig_json_object_end(&j);
    } else {
        ig_buf_addf(&out, "initgate %s (%s)\n%s, %s, %s, %s\n", v.version, v.build, v.libc,
                    v.libcrypto, v.libelf, v.cjson);
    }
    int code = print_output(o, ig_buf_text(&out));
    ig_buf_free(&out);
    return code;
}

const struct command command_version = {
    .name = "version",
    .synopsis = "[--format json]",
    .summary = "version, build and linked libraries",
    .formats = formats_text_json,
    .accepted = OPT_BIT(OPT_FORMAT),
    .run = run_version,
};
