/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer that is always NUL-terminated behind its length. */
#ifndef IG_CORE_BUF_H
#define IG_CORE_BUF_H

#include <stddef.h>

struct ig_buf {
    char *data;     /* NULL until something is added; owned */
    size_t length;  /* bytes, without the terminating NUL */
    size_t size;    /* bytes allocated */
};

void ig_buf_add(struct ig_buf *b, const void *data, size_t length);
void ig_buf_adds(struct ig_buf *b, const char *s);
void ig_buf_addf(struct ig_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Make room for LENGTH more bytes; returns where they start. */
char *ig_buf_reserve(struct ig_buf *b, size_t length);
/* The content as a C string ("" when empty); stays owned by B. */
const char *ig_buf_text(const struct ig_buf *b);
/* The content as a malloc'd C string; B is empty afterwards. */
char *ig_buf_steal(struct ig_buf *b);
void ig_buf_free(struct ig_buf *b);

#define IG_AUTO_BUF __attribute__((cleanup(ig_buf_free)))

#endif
