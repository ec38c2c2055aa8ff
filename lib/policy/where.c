/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/where.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

enum { SHOWN_MAX = 160, SHOWN_END = 40 };

/* Escapes S; of a long one only its two ends, so that a message keeps its point
 * within IG_ERROR_TEXT. The cuts do not fall inside a UTF-8 sequence. */
static void add_shown(struct ig_buf *out, const char *s)
{
    size_t length = strlen(s);
    if (length <= SHOWN_MAX) {
        ig_escape(out, s, length);
        return;
    }
    size_t head = SHOWN_END;
    size_t tail = length - SHOWN_END;
    while (head > 0 && ((unsigned char)s[head] & 0xc0) == 0x80) {
        head--;
    }
    while (tail < length && ((unsigned char)s[tail] & 0xc0) == 0x80) {
        tail++;
    }
    ig_escape(out, s, head);
    ig_buf_adds(out, "...");
    ig_escape(out, s + tail, length - tail);
}

static bool plain(const char *key)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return *key != '\0' && strspn(key, letters) == strlen(key);
}

static void render(struct ig_buf *out, const struct ig_where *w)
{
    if (w->up != NULL) {
        render(out, w->up);
    }
    if (w->key == NULL) {
        ig_buf_addf(out, "[%zu]", w->index);
    } else if (plain(w->key)) {
        ig_buf_adds(out, w->up != NULL ? "." : "");
        add_shown(out, w->key);
    } else {
        ig_buf_adds(out, "[\"");
        add_shown(out, w->key);
        ig_buf_adds(out, "\"]");
    }
}

char *ig_where_text(const struct ig_where *where)
{
    struct ig_buf out = {0};
    if (where == NULL) {
        ig_buf_adds(&out, "the policy");
    } else {
        render(&out, where);
    }
    return ig_buf_steal(&out);
}

int ig_fault(const struct ig_where *where, struct ig_error *e, const char *format, ...)
{
    char text[IG_ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *path IG_AUTO_FREE = ig_where_text(where);
    return ig_error_set(e, 0, "%s: %s", path, text);
}

char *ig_shown(const char *text)
{
    struct ig_buf out = {0};
    ig_buf_adds(&out, "\"");
    add_shown(&out, text);
    ig_buf_adds(&out, "\"");
    return ig_buf_steal(&out);
}
