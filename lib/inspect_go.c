/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect_go.h"

#include <stdlib.h>
#include <string.h>

#include "checks/go_embeds.h"
#include "core/mem.h"
#include "core/text.h"

int ig_inspect_go_gather(struct ig_inspect_go *go, const struct ig_bytes *from,
                         const struct ig_image *image, struct ig_error *e)
{
    struct ig_error why = {0};
    *go = (struct ig_inspect_go){0};
    if (ig_go_info_parse(from, image, IG_GO_ALL_DATA, &go->info, e) != 0) {
        return -1;
    }
    if (ig_go_embeds(from, image, NULL, &go->embeds, &why) == 0) {
        return 0;
    }
    if (why.number != 0) {
        ig_inspect_go_free(go);
        *e = why;
        return -1;
    }
    go->embeds_fault = ig_strdup(why.text);
    return 0;
}

void ig_inspect_go_free(struct ig_inspect_go *go)
{
    ig_go_info_free(&go->info);
    ig_go_embeds_free(&go->embeds);
    free(go->embeds_fault);
    *go = (struct ig_inspect_go){0};
}

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

static void write_info_text(struct ig_buf *out, const struct ig_go_info *go)
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

void ig_inspect_go_text(struct ig_buf *out, const struct ig_inspect_go *go)
{
    write_info_text(out, &go->info);
    if (go->embeds_fault != NULL) {
        add_text(out, "go embeds", go->embeds_fault);
    } else if (go->embeds.count != 0) {
        size_t files = 0;
        for (size_t i = 0; i < go->embeds.count; i++) {
            files += !go->embeds.files[i].directory;
        }
        ig_buf_addf(out, "%-12s %zu files\n", "go embeds", files);
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

static void write_info_json(struct ig_json *j, const struct ig_go_info *go)
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

void ig_inspect_go_json(struct ig_json *j, const struct ig_inspect_go *go)
{
    write_info_json(j, &go->info);
    if (go->embeds_fault != NULL) {
        ig_json_string(j, "goEmbeds", NULL);
        return;
    }
    ig_json_array(j, "goEmbeds");
    for (size_t i = 0; i < go->embeds.count; i++) {
        const struct ig_go_file *file = &go->embeds.files[i];
        if (!file->directory) {
            ig_json_object(j, NULL);
            ig_json_string(j, "name", file->name);
            ig_json_uint(j, "size", file->size);
            ig_json_uint(j, "offset", file->offset);
            ig_json_object_end(j);
        }
    }
    ig_json_array_end(j);
}
