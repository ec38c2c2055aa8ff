/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect_dot.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

/* A dot(1) string: quotes and backslashes are escaped on top of what is unsafe anywhere. */
static void add_string(struct ig_buf *out, const char *text)
{
    IG_AUTO_BUF struct ig_buf safe = {0};
    ig_sanitize(&safe, text, strlen(text));
    ig_buf_adds(out, "\"");
    for (const char *p = ig_buf_text(&safe); *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') {
            ig_buf_adds(out, "\\");
        }
        ig_buf_add(out, p, 1);
    }
    ig_buf_adds(out, "\"");
}

static void add_line(struct ig_graph *graph, struct ig_buf *line)
{
    graph->lines = ig_array_room(graph->lines, graph->count, sizeof *graph->lines);
    graph->size += line->length;
    graph->lines[graph->count++] = ig_buf_steal(line);
}

void ig_graph_add(struct ig_graph *graph, const char *path, const struct ig_resolution *r)
{
    struct ig_buf line = {0};
    if (r->need_count == 0) {
        add_string(&line, path);
        add_line(graph, &line);
    }
    for (size_t i = 0; i < r->need_count; i++) {
        const struct ig_need *need = &r->needs[i];
        add_string(&line, r->objects[need->by].path);
        ig_buf_adds(&line, " -> ");
        add_string(&line, need->found ? r->objects[need->object].path : need->name);
        ig_buf_adds(&line, need->found ? "" : " [color=red, label=\"not found\"]");
        add_line(graph, &line);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void ig_graph_write(struct ig_graph *graph, struct ig_buf *out)
{
    if (graph->count > 0) {
        qsort(graph->lines, graph->count, sizeof *graph->lines, by_text);
    }
    ig_buf_adds(out, "digraph libraries {\n");
    for (size_t i = 0; i < graph->count; i++) {
        if (i == 0 || strcmp(graph->lines[i - 1], graph->lines[i]) != 0) {
            ig_buf_addf(out, "  %s;\n", graph->lines[i]);
        }
    }
    ig_buf_adds(out, "}\n");
}

void ig_graph_free(struct ig_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++) {
        free(graph->lines[i]);
    }
    free(graph->lines);
}
