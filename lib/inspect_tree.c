/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect_tree.h"

#include <string.h>

#include "core/mem.h"
#include "core/text.h"

/* Deeper than any real chain; a hostile one must not use up the stack. */
enum { DEPTH_MAX = 64 };

static void add_safe(struct ig_buf *out, const char *text)
{
    ig_sanitize(out, text, strlen(text));
}

static void add_origin(const struct ig_resolution *r, const struct ig_object *o,
                       struct ig_buf *out)
{
    ig_buf_addf(out, "  [%s", ig_rule_name(o->rule));
    if (o->rule == IG_RULE_RPATH || o->rule == IG_RULE_RUNPATH) {
        ig_buf_adds(out, " of ");
        add_safe(out, r->objects[o->rule_of].path);
    }
    ig_buf_adds(out, "]");
}

static void add_need(const struct ig_resolution *r, const struct ig_need *need, bool *shown,
                     unsigned depth, struct ig_buf *out)
{
    for (unsigned i = 0; i < depth; i++) {
        ig_buf_adds(out, "  ");
    }
    add_safe(out, need->name);
    if (!need->found) {
        ig_buf_adds(out, need->fault != NULL ? "  CANNOT BE LOADED: " : "  NOT FOUND");
        add_safe(out, need->fault != NULL ? need->fault : "");
        ig_buf_adds(out, "\n");
        return;
    }
    const struct ig_object *o = &r->objects[need->object];
    if (shown[need->object]) {
        ig_buf_adds(out, "  (above)\n");
        return;
    }
    shown[need->object] = true;
    ig_buf_adds(out, " => ");
    add_safe(out, o->path);
    add_origin(r, o, out);
    ig_buf_adds(out, "\n");
    for (size_t i = 0; i < r->need_count && depth < DEPTH_MAX; i++) {
        if (r->needs[i].by == need->object) {
            add_need(r, &r->needs[i], shown, depth + 1, out);
        }
    }
}

void ig_tree_text(const struct ig_resolution *r, struct ig_buf *out)
{
    IG_AUTO_FREE bool *shown = ig_alloc_array(r->count, sizeof *shown);
    ig_buf_addf(out, "libraries    %zu\n", r->count > 0 ? r->count - 1 : 0);
    if (r->count > 0) {
        shown[0] = true;
    }
    for (size_t i = 0; i < r->need_count; i++) {
        if (r->needs[i].by == 0) {
            add_need(r, &r->needs[i], shown, 1, out);
        }
    }
}

void ig_trace_text(const struct ig_resolution *r, struct ig_buf *out)
{
    for (size_t i = 0; i < r->need_count; i++) {
        const struct ig_need *need = &r->needs[i];
        ig_buf_adds(out, "find ");
        add_safe(out, need->name);
        ig_buf_adds(out, " (needed by ");
        add_safe(out, r->objects[need->by].path);
        ig_buf_adds(out, ")\n");
        if (need->found && need->try_count == 0) {
            ig_buf_adds(out, "  loaded already: ");
            add_safe(out, r->objects[need->object].path);
            ig_buf_adds(out, "\n");
        }
        for (size_t t = 0; t < need->try_count; t++) {
            ig_buf_adds(out, "  ");
            add_safe(out, need->tries[t].path);
            ig_buf_addf(out, "  [%s]  ", ig_rule_name(need->tries[t].rule));
            add_safe(out, need->tries[t].found ? "found" : need->tries[t].why);
            ig_buf_adds(out, "\n");
        }
    }
}

static void write_try(const struct ig_try *t, struct ig_json *j)
{
    ig_json_object(j, NULL);
    ig_json_string(j, "path", t->path);
    ig_json_string(j, "rule", ig_rule_name(t->rule));
    ig_json_bool(j, "found", t->found);
    ig_json_string(j, "why", t->why);
    ig_json_object_end(j);
}

static void write_need(const struct ig_resolution *r, const struct ig_need *need,
                       struct ig_json *j)
{
    ig_json_object(j, NULL);
    ig_json_string(j, "name", need->name);
    ig_json_string(j, "neededBy", r->objects[need->by].path);
    ig_json_string(j, "path", need->found ? r->objects[need->object].path : NULL);
    ig_json_string(j, "fault", need->fault);
    ig_json_array(j, "tried");
    for (size_t t = 0; t < need->try_count; t++) {
        write_try(&need->tries[t], j);
    }
    ig_json_array_end(j);
    ig_json_object_end(j);
}

void ig_tree_json(const struct ig_resolution *r, bool trace, struct ig_json *j)
{
    ig_json_array(j, "libraries");
    for (size_t i = 1; i < r->count; i++) {
        const struct ig_object *o = &r->objects[i];
        ig_json_object(j, NULL);
        ig_json_string(j, "name", o->name);
        ig_json_string(j, "path", o->path);
        ig_json_string(j, "resolved", o->at != NULL ? o->at->walk.path : NULL);
        ig_json_string(j, "rule", ig_rule_name(o->rule));
        ig_json_string(j, "neededBy", r->objects[o->needed_by].path);
        ig_json_object_end(j);
    }
    ig_json_array_end(j);
    ig_json_array(j, "missing");
    for (size_t i = 0; i < r->need_count; i++) {
        if (!r->needs[i].found) {
            write_need(r, &r->needs[i], j);
        }
    }
    ig_json_array_end(j);
    if (!trace) {
        return;
    }
    ig_json_array(j, "trace");
    for (size_t i = 0; i < r->need_count; i++) {
        write_need(r, &r->needs[i], j);
    }
    ig_json_array_end(j);
}
