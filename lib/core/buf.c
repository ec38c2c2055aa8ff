/* SPDX-License-Identifier: Apache-2.0 */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

char *ig_buf_reserve(struct ig_buf *b, size_t length)
{
    size_t needed;
    if (__builtin_add_overflow(b->length, length, &needed) ||
        __builtin_add_overflow(needed, (size_t)1, &needed)) {
        /* Lets the allocator report it: no such size exists. */
        needed = (size_t)-1;
    }
    if (needed > b->size) {
        size_t doubled = b->size * 2;
        b->size = needed > doubled ? needed : doubled;
        b->size = b->size < 64 ? 64 : b->size;
        b->data = ig_realloc_array(b->data, b->size, 1);
        b->data[b->length] = '\0';
    }
    return b->data + b->length;
}

void ig_buf_add(struct ig_buf *b, const void *data, size_t length)
{
    if (length == 0) {
        return;
    }
    memcpy(ig_buf_reserve(b, length), data, length);
    b->length += length;
    b->data[b->length] = '\0';
}

void ig_buf_adds(struct ig_buf *b, const char *s)
{
    ig_buf_add(b, s, strlen(s));
}

void ig_buf_addf(struct ig_buf *b, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0) {
        vsnprintf(ig_buf_reserve(b, (size_t)n), (size_t)n + 1, format, again);
        b->length += (size_t)n;
    }
    va_end(again);
}

const char *ig_buf_text(const struct ig_buf *b)
{
    return b->data != NULL ? b->data : "";
}

char *ig_buf_steal(struct ig_buf *b)
{
    char *text = b->data != NULL ? b->data : ig_strdup("");
    *b = (struct ig_buf){0};
    return text;
}

void ig_buf_free(struct ig_buf *b)
{
    free(b->data);
    *b = (struct ig_buf){0};
}
