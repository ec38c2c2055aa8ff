/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON (RFC 8259) into a buffer, two spaces a level. The caller keeps
 * begin and end balanced; commas and indentation are this module's. */
#ifndef IG_CORE_JSON_H
#define IG_CORE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

struct ig_json {
    struct ig_buf *out;
    unsigned depth;
    bool has_items;  /* in the innermost open object or array */
};

/* KEY is NULL inside arrays and for the outermost value. */
void ig_json_object(struct ig_json *j, const char *key);
void ig_json_object_end(struct ig_json *j);
void ig_json_array(struct ig_json *j, const char *key);
void ig_json_array_end(struct ig_json *j);
/* TEXT's bytes that are not UTF-8 are written as U+FFFD. NULL writes null. */
void ig_json_string(struct ig_json *j, const char *key, const char *text);
void ig_json_uint(struct ig_json *j, const char *key, uint64_t value);
void ig_json_bool(struct ig_json *j, const char *key, bool value);

#endif
