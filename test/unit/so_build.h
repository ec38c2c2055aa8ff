/* SPDX-License-Identifier: Apache-2.0 */
/* Shared libraries made in memory, of either class and byte order: one PT_LOAD that holds the whole
 * file at its own offsets, one PT_DYNAMIC, then whatever a test puts behind. */
#ifndef IG_TEST_SO_BUILD_H
#define IG_TEST_SO_BUILD_H

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "elf/image.h"

enum { SO_DYNAMIC_AT = 0x200, SO_TAGS_MAX = 70000 };

struct so {
    uint8_t e_class, e_data;
    uint16_t machine;
    uint64_t tags[SO_TAGS_MAX][2];
    size_t tag_count;
    struct ig_buf strings, rest;  /* rest: what comes behind the strings */
};

static inline struct so *so_new(uint8_t e_class, uint8_t e_data)
{
    struct so *so = calloc(1, sizeof *so);
    so->e_class = e_class;
    so->e_data = e_data;
    so->machine = EM_X86_64;
    ig_buf_add(&so->strings, "", 1);
    return so;
}

static inline void so_free(struct so *so)
{
    ig_buf_free(&so->strings);
    ig_buf_free(&so->rest);
    free(so);
}

static inline uint64_t so_string(struct so *so, const char *text)
{
    uint64_t at = so->strings.length;
    ig_buf_add(&so->strings, text, strlen(text) + 1);
    return at;
}

static inline void so_tag(struct so *so, uint64_t tag, uint64_t value)
{
    so->tags[so->tag_count][0] = tag;
    so->tags[so->tag_count++][1] = value;
}

static inline void so_name(struct so *so, uint64_t tag, const char *text)
{
    so_tag(so, tag, so_string(so, text));
}

static inline void so_put(const struct so *so, struct ig_buf *out, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        unsigned byte = so->e_data == ELFDATA2MSB ? size - 1 - i : i;
        char c = (char)(value >> 8 * byte);
        ig_buf_add(out, &c, 1);
    }
}

static inline unsigned so_word(const struct so *so)
{
    return so->e_class == ELFCLASS64 ? 8 : 4;
}

/* Where the strings and the rest will lie, once all tags are there but MORE. */
static inline uint64_t so_strings_at(const struct so *so, size_t more)
{
    return SO_DYNAMIC_AT + (so->tag_count + more) * 2 * so_word(so);
}

static inline void so_segment(const struct so *so, struct ig_buf *out, uint32_t type,
                              uint64_t at, uint64_t size)
{
    unsigned word = so_word(so);
    so_put(so, out, type, 4);
    if (word == 8) {
        so_put(so, out, PF_R | PF_X, 4);
    }
    for (unsigned i = 0; i < 3; i++) {
        so_put(so, out, at, word);
    }
    so_put(so, out, size, word);
    so_put(so, out, size, word);
    if (word == 4) {
        so_put(so, out, PF_R | PF_X, 4);
    }
    so_put(so, out, 4096, word);
}

/* The file; DT_NULL is the caller's, who may leave it out. */
static inline struct ig_buf so_finish(const struct so *so)
{
    struct ig_buf out = {0};
    unsigned word = so_word(so);
    uint64_t dynamic = so->tag_count * 2 * word;
    uint64_t size = SO_DYNAMIC_AT + dynamic + so->strings.length + so->rest.length;
    const char ident[EI_NIDENT] = {0x7f, 'E', 'L', 'F', (char)so->e_class, (char)so->e_data, 1};
    ig_buf_add(&out, ident, sizeof ident);
    so_put(so, &out, ET_DYN, 2);
    so_put(so, &out, so->machine, 2);
    so_put(so, &out, 1, 4);
    so_put(so, &out, 0, word);
    so_put(so, &out, word == 8 ? 64 : 52, word);
    so_put(so, &out, 0, word);
    so_put(so, &out, 0, 4);
    so_put(so, &out, word == 8 ? 64 : 52, 2);
    so_put(so, &out, word == 8 ? 56 : 32, 2);
    so_put(so, &out, 2, 2);
    for (unsigned i = 0; i < 3; i++) {
        so_put(so, &out, 0, 2);
    }
    so_segment(so, &out, PT_LOAD, 0, size);
    so_segment(so, &out, PT_DYNAMIC, SO_DYNAMIC_AT, dynamic);
    while (out.length < SO_DYNAMIC_AT) {
        ig_buf_add(&out, "", 1);
    }
    for (size_t i = 0; i < so->tag_count; i++) {
        so_put(so, &out, so->tags[i][0], word);
        so_put(so, &out, so->tags[i][1], word);
    }
    ig_buf_add(&out, so->strings.data, so->strings.length);
    if (so->rest.length > 0) {
        ig_buf_add(&out, so->rest.data, so->rest.length);
    }
    return out;
}

#endif
