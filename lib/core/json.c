/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json.h"

#include <inttypes.h>
#include <string.h>

#include "core/text.h"

/* Beyond the basic plane as a surrogate pair (RFC 8259 section 7). */
static void add_escape(struct ig_buf *out, unsigned rune)
{
    if (rune >= 0x10000) {
        ig_buf_addf(out, "\\u%04x", 0xd800 + ((rune - 0x10000) >> 10));
        rune = 0xdc00 + ((rune - 0x10000) & 0x3ff);
    }
    ig_buf_addf(out, "\\u%04x", rune);
}

static void quote(struct ig_buf *out, const char *text)
{
    size_t length = strlen(text);
    ig_buf_adds(out, "\"");
    for (size_t i = 0; i < length;) {
        unsigned rune = 0;
        size_t n = ig_utf8_decode(text + i, length - i, &rune);
        if (n == 0) {
            ig_buf_adds(out, "\xef\xbf\xbd");
            n = 1;
        } else if (rune == '"' || rune == '\\') {
            ig_buf_addf(out, "\\%c", (char)rune);
        } else if (rune == '\n') {
            ig_buf_adds(out, "\\n");
        } else if (ig_rune_deceives(rune)) {
            add_escape(out, rune);
        } else {
            ig_buf_add(out, text + i, n);
        }
        i += n;
    }
    ig_buf_adds(out, "\"");
}

static void new_line(struct ig_json *j)
{
    ig_buf_adds(j->out, "\n");
    for (unsigned i = 0; i < j->depth; i++) {
        ig_buf_adds(j->out, "  ");
    }
}

static void start(struct ig_json *j, const char *key)
{
    if (j->has_items) {
        ig_buf_adds(j->out, ",");
    }
    if (j->depth > 0) {
        new_line(j);
    }
    if (key != NULL) {
        quote(j->out, key);
        ig_buf_adds(j->out, ": ");
    }
    j->has_items = true;
}

static void open_level(struct ig_json *j, const char *key, const char *bracket)
{
    start(j, key);
    ig_buf_adds(j->out, bracket);
    j->depth++;
    j->has_items = false;
}

static void close_level(struct ig_json *j, const char *bracket)
{
    j->depth--;
    if (j->has_items) {
        new_line(j);
    }
    ig_buf_adds(j->out, bracket);
    j->has_items = true;
    if (j->depth == 0) {
        ig_buf_adds(j->out, "\n");
    }
}

void ig_json_object(struct ig_json *j, const char *key)
{
    open_level(j, key, "{");
}

void ig_json_object_end(struct ig_json *j)
{
    close_level(j, "}");
}

void ig_json_array(struct ig_json *j, const char *key)
{
    open_level(j, key, "[");
}

void ig_json_array_end(struct ig_json *j)
{
    close_level(j, "]");
}

void ig_json_string(struct ig_json *j, const char *key, const char *text)
{
    start(j, key);
    if (text == NULL) {
        ig_buf_adds(j->out, "null");
    } else {
        quote(j->out, text);
    }
}

void ig_json_uint(struct ig_json *j, const char *key, uint64_t value)
{
    start(j, key);
    ig_buf_addf(j->out, "%" PRIu64, value);
}

void ig_json_bool(struct ig_json *j, const char *key, bool value)
{
    start(j, key);
    ig_buf_adds(j->out, value ? "true" : "false");
}
