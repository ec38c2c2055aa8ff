/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect_go.h"

#include <string.h>

#include "core/text.h"

static void add_line(struct ig_buf *out, const char *name, const struct ig_buf *value)
{
    ig_buf_addf(out, "%-12s ", name);
    ig_sanitize(out, ig_buf_text(value), value->length);
    ig_buf_adds(out, "\n");
}

static void add_text(struct ig_buf *out, const char *name, const char *value)
{
    struct ig_buf text IG_AUTO_BUF = {0};
    ig_buf_adds(&text, value);
    add_line(out, name, &text);
}

static void add_module(struct ig_buf *out, const struct ig_go_module *m)
{
    struct ig_buf text IG_AUTO_BUF = {0};
    ig_buf_addf(&text, "%s %s", m->path, m->version);
    if (m->replace != NULL) {
        ig_buf_addf(&text, " => %s %s", m->replace->path, m->replace->version);
    }
    add_line(out, "go module", &text);
}

void ig_inspect_go_text(struct ig_buf *out, const struct ig_go_info *go)
{
    if (go->state == IG_GO_MALFORMED) {
        struct ig_buf text IG_AUTO_BUF = {0};
        ig_buf_addf(&text, "malformed build info: %s", go->fault);
        add_line(out, "go", &text);
    }
    if (go->state != IG_GO_FOUND) {
        return;
    }
    add_text(out, "go", go->version);
    if (go->path != NULL) {
        add_text(out, "go package", go->path);
    }
    if (go->has_main) {
        add_module(out, &go->main);
    }
    if (go->dep_count != 0) {
        ig_buf_addf(out, "%-12s %zu modules\n", "go deps", go->dep_count);
    }
    for (size_t i = 0; i < go->setting_count; i++) {
        struct ig_buf text IG_AUTO_BUF = {0};
        ig_buf_addf(&text, "%s=%s", go->settings[i].key, go->settings[i].value);
        add_line(out, "go build", &text);
    }
}

static void write_module(struct ig_json *j, const char *key, const struct ig_go_module *m)
{
    ig_json_object(j, key);
    ig_json_string(j, "path", m->path);
    ig_json_string(j, "version", m->version);
    ig_json_string(j, "sum", m->sum);
    if (m->replace != NULL) {
        ig_json_object(j, "replace");
        ig_json_string(j, "path", m->replace->path);
        ig_json_string(j, "version", m->replace->version);
        ig_json_string(j, "sum", m->replace->sum);
        ig_json_object_end(j);
    }
    ig_json_object_end(j);
}

static void write_found(struct ig_json *j, const struct ig_go_info *go)
{
    ig_json_string(j, "version", go->version);
    ig_json_string(j, "package", go->path);
    if (go->has_main) {
        write_module(j, "module", &go->main);
    } else {
        ig_json_string(j, "module", NULL);
    }
    ig_json_array(j, "dependencies");
    for (size_t i = 0; i < go->dep_count; i++) {
        write_module(j, NULL, &go->deps[i]);
    }
    ig_json_array_end(j);
    /* No object: the keys are the program's, and one may be there twice. */
    ig_json_array(j, "settings");
    for (size_t i = 0; i < go->setting_count; i++) {
        ig_json_object(j, NULL);
        ig_json_string(j, "key", go->settings[i].key);
        ig_json_string(j, "value", go->settings[i].value);
        ig_json_object_end(j);
    }
    ig_json_array_end(j);
}

void ig_inspect_go_json(struct ig_json *j, const struct ig_go_info *go)
{
    if (go->state == IG_GO_NONE) {
        ig_json_string(j, "go", NULL);
        return;
    }
    ig_json_object(j, "go");
    if (go->state == IG_GO_MALFORMED) {
        ig_json_string(j, "fault", go->fault);
    } else {
        write_found(j, go);
    }
    ig_json_object_end(j);
}
