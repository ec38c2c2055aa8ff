/* SPDX-License-Identifier: Apache-2.0 */
/* A program's memory as its PT_LOAD segments lay it out from the file: addresses to file offsets,
 * and words in the program's own size and byte order. For lib/elf only. */
#ifndef IG_ELF_VIEW_H
#define IG_ELF_VIEW_H

#include <stdbool.h>

#include "elf/image.h"

struct ig_view {
    const struct ig_bytes *from;
    const struct ig_image *image;
    bool big;          /* big-endian */
    unsigned word;     /* bytes of a pointer: 4 or 8 */
};

/* False where IMAGE is no ELF file of a known class and byte order with program headers. */
bool ig_view_open(struct ig_view *view, const struct ig_bytes *from, const struct ig_image *image);

/* An unsigned integer of SIZE (1 to 8) bytes. */
uint64_t ig_view_uint(bool big, const uint8_t *p, unsigned size);
static inline uint64_t ig_view_word(const struct ig_view *view, const uint8_t *p)
{
    return ig_view_uint(view->big, p, view->word);
}

/* Where the byte of address ADDR is in the file. *LEFT: how many bytes from there on both the
 * segment and the file have. False where no PT_LOAD has it in the file. */
bool ig_view_offset(const struct ig_view *view, uint64_t addr, uint64_t *offset, uint64_t *left);

/* Read up to SIZE bytes from ADDR on, within one segment. Returns how many, 0 where there are
 * none; -1 where reading failed (errno). */
ssize_t ig_view_read(const struct ig_view *view, uint64_t addr, void *buf, size_t size);

#endif
