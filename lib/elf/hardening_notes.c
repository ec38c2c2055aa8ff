/* SPDX-License-Identifier: Apache-2.0 */
/* NT_GNU_PROPERTY_TYPE_0 notes (Linux gABI extensions, "Program Property"). */
#include <elf.h>
#include <string.h>

#include "core/mem.h"
#include "elf/hardening_priv.h"
#include "elf/image_priv.h"

/* The kernel's limit for PT_GNU_PROPERTY is 1 KiB; notes beside it are short too. */
enum { NOTES_MAX = 64 << 10, NOTE_HEADER = 12, PROPERTY_HEADER = 8, PHDRS_READ_MAX = 64 };

enum { PT_PROPERTY = 0x6474e553 };

static void take_property(struct ig_hardening *h, uint32_t type, uint32_t bits)
{
    /* Both are "AND" properties: the linker keeps a bit where every object file has it. */
    if (type == 0xc0000002 && h->is_x86) {          /* GNU_PROPERTY_X86_FEATURE_1_AND */
        h->ibt = (bits & 1) != 0;
        h->shstk = (bits & 2) != 0;
    } else if (type == 0xc0000000 && h->is_aarch64) {  /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
        h->bti = (bits & 1) != 0;
        h->pac = (bits & 2) != 0;
    }
}

static size_t padded(uint32_t size, size_t align)
{
    return ((size_t)size + align - 1) / align * align;
}

static void take_properties(const struct ig_view *view, const uint8_t *p, size_t size,
                            struct ig_hardening *h)
{
    while (size >= PROPERTY_HEADER) {
        uint32_t type = (uint32_t)ig_view_uint(view->big, p, 4);
        uint32_t length = (uint32_t)ig_view_uint(view->big, p + 4, 4);
        size_t whole = PROPERTY_HEADER + padded(length, view->word);
        if (length > size - PROPERTY_HEADER) {
            return;
        }
        if (length == 4) {
            take_property(h, type, (uint32_t)ig_view_uint(view->big, p + PROPERTY_HEADER, 4));
        }
        if (whole >= size) {
            return;
        }
        p += whole;
        size -= whole;
    }
}

static void take_notes(const struct ig_view *view, const uint8_t *p, size_t size, size_t align,
                       struct ig_hardening *h)
{
    while (size >= NOTE_HEADER) {
        uint32_t name = (uint32_t)ig_view_uint(view->big, p, 4);
        uint32_t length = (uint32_t)ig_view_uint(view->big, p + 4, 4);
        uint32_t type = (uint32_t)ig_view_uint(view->big, p + 8, 4);
        if (name > size || length > size) {
            return;
        }
        size_t start = padded(NOTE_HEADER + name, align);
        size_t whole = start + padded(length, align);
        if (start > size || length > size - start) {
            return;
        }
        if (type == 5 && name == 4 && memcmp(p + NOTE_HEADER, "GNU", 4) == 0) {
            take_properties(view, p + start, length, h);
        }
        if (whole >= size) {
            return;
        }
        p += whole;
        size -= whole;
    }
}

int ig_hardening_notes(const struct ig_view *view, struct ig_hardening *h)
{
    const struct ig_image *image = view->image;
    uint32_t wanted = PT_NOTE;
    unsigned taken = 0;
    for (size_t i = 0; i < image->segment_count; i++) {
        wanted = image->segments[i].type == PT_PROPERTY ? (uint32_t)PT_PROPERTY : wanted;
    }
    for (size_t i = 0; i < image->segment_count && taken < PHDRS_READ_MAX; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type != wanted || s->filesz == 0) {
            continue;
        }
        size_t size = s->filesz < NOTES_MAX ? (size_t)s->filesz : NOTES_MAX;
        IG_AUTO_FREE uint8_t *notes = ig_alloc(size);
        ssize_t n = ig_bytes_read_at(view->from, notes, size, s->offset);
        if (n < 0) {
            return -1;
        }
        taken++;
        take_notes(view, notes, (size_t)n, s->align == 8 ? 8 : 4, h);
    }
    return 0;
}
