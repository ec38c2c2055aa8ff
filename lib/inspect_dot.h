/* SPDX-License-Identifier: Apache-2.0 */
/* The graph of programs and libraries, for dot(1). */
#ifndef IG_INSPECT_DOT_H
#define IG_INSPECT_DOT_H

#include <stddef.h>

#include "core/buf.h"
#include "elf/resolve.h"

/* Empty where it is all zeroes. */
struct ig_graph {
    char **lines;  /* statements of dot's language; many programs have the same ones */
    size_t count;
    size_t size;   /* bytes of all of them */
};

/* Add what RESOLUTION holds, or where that is empty (a static program) PATH alone. */
void ig_graph_add(struct ig_graph *graph, const char *path,
                  const struct ig_resolution *resolution);
/* Write each statement once, in byte order. */
void ig_graph_write(struct ig_graph *graph, struct ig_buf *out);
void ig_graph_free(struct ig_graph *graph);

#endif
