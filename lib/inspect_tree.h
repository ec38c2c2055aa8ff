/* SPDX-License-Identifier: Apache-2.0 */
/* The libraries that a program would get, for `initgate inspect`. */
#ifndef IG_INSPECT_TREE_H
#define IG_INSPECT_TREE_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/json.h"
#include "elf/resolve.h"

/* The tree: each library under what needs it first, where it was found and by which rule. */
void ig_tree_text(const struct ig_resolution *resolution, struct ig_buf *out);
/* Every place tried, in order; the resolution was made with `trace`. */
void ig_trace_text(const struct ig_resolution *resolution, struct ig_buf *out);
/* Key "libraries" (load order), key "missing", and key "trace" where asked for. */
void ig_tree_json(const struct ig_resolution *resolution, bool trace, struct ig_json *j);

#endif
