/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/reloc.h"

#include <elf.h>
#include <string.h>

#include "core/mem.h"

enum { PIECE = 2048 /* entries */, DYNAMIC_MAX = 64 * 1024 };

struct ig_reloc_piece {
    uint64_t low, high;  /* of the addresses it relocates; low > high: none */
};

struct dynamic {
    uint64_t rela, size, entry;
};

static void take_dynamic(const struct ig_view *view, const uint8_t *table, size_t size,
                         struct dynamic *d)
{
    for (size_t i = 0; i + (size_t)2 * view->word <= size; i += (size_t)2 * view->word) {
        uint64_t tag = ig_view_word(view, table + i);
        uint64_t value = ig_view_word(view, table + i + view->word);
        if (tag == DT_NULL) {
            return;
        }
        if (tag == DT_RELA) {
            d->rela = value;
        } else if (tag == DT_RELASZ) {
            d->size = value;
        } else if (tag == DT_RELAENT) {
            d->entry = value;
        }
    }
}

static int read_dynamic(const struct ig_view *view, struct dynamic *d)
{
    for (size_t i = 0; i < view->image->segment_count; i++) {
        const struct ig_segment *s = &view->image->segments[i];
        if (s->type != PT_DYNAMIC) {
            continue;
        }
        size_t size = s->filesz < DYNAMIC_MAX ? (size_t)s->filesz : DYNAMIC_MAX;
        IG_AUTO_FREE uint8_t *table = ig_alloc(size);
        ssize_t n = ig_view_read(view, s->vaddr, table, size);
        if (n < 0) {
            return -1;
        }
        take_dynamic(view, table, (size_t)n, d);
        return 0;
    }
    return 0;
}

static size_t entries_of(const struct ig_relocs *relocs, size_t piece)
{
    uint64_t rest = relocs->count - (uint64_t)piece * PIECE;
    return rest < PIECE ? (size_t)rest : PIECE;
}

static int load(struct ig_relocs *relocs, size_t piece)
{
    size_t size = entries_of(relocs, piece) * relocs->entry;
    uint64_t at = relocs->offset + (uint64_t)piece * PIECE * relocs->entry;
    if (relocs->loaded == piece) {
        return 0;
    }
    relocs->loaded = relocs->piece_count;
    relocs->work += size;
    ssize_t n = relocs->view->from->read(relocs->view->from, relocs->buf, size, at);
    if (n < 0) {
        return -1;
    }
    /* A file that became shorter: what is missing relocates nothing. */
    memset(relocs->buf + n, 0, size - (size_t)n);
    relocs->loaded = piece;
    return 0;
}

/* Only those without a symbol: R_*_RELATIVE, whose result is the addend. */
static bool take_entry(const struct ig_relocs *relocs, size_t i, uint64_t *addr,
                       const uint8_t **addend)
{
    const struct ig_view *view = relocs->view;
    const uint8_t *p = relocs->buf + i * relocs->entry;
    uint64_t info = ig_view_word(view, p + view->word);
    *addr = ig_view_word(view, p);
    *addend = p + (size_t)2 * view->word;
    return info != 0 && info >> (view->word == 8 ? 32 : 8) == 0;
}

static int make_index(struct ig_relocs *relocs)
{
    for (size_t piece = 0; piece < relocs->piece_count; piece++) {
        struct ig_reloc_piece *index = &relocs->pieces[piece];
        *index = (struct ig_reloc_piece){.low = UINT64_MAX};
        if (load(relocs, piece) != 0) {
            return -1;
        }
        for (size_t i = 0; i < entries_of(relocs, piece); i++) {
            uint64_t addr;
            const uint8_t *addend;
            if (take_entry(relocs, i, &addr, &addend)) {
                index->low = addr < index->low ? addr : index->low;
                index->high = addr > index->high ? addr : index->high;
            }
        }
    }
    return 0;
}

int ig_relocs_open(struct ig_relocs *relocs, const struct ig_view *view)
{
    struct dynamic d = {0};
    uint64_t left = 0;
    *relocs = (struct ig_relocs){.view = view, .entry = (size_t)3 * view->word};
    if (read_dynamic(view, &d) != 0) {
        return -1;
    }
    if (d.size == 0 || d.entry != relocs->entry ||
        !ig_view_offset(view, d.rela, &relocs->offset, &left)) {
        return 0;
    }
    relocs->count = (d.size < left ? d.size : left) / relocs->entry;
    relocs->piece_count = (size_t)((relocs->count + PIECE - 1) / PIECE);
    relocs->loaded = relocs->piece_count;
    relocs->pieces = ig_alloc_array(relocs->piece_count, sizeof *relocs->pieces);
    relocs->buf = ig_alloc(PIECE * relocs->entry);
    return make_index(relocs);
}

void ig_relocs_close(struct ig_relocs *relocs)
{
    free(relocs->pieces);
    free(relocs->buf);
    *relocs = (struct ig_relocs){0};
}

static void apply(struct ig_relocs *relocs, size_t piece, uint64_t addr, uint8_t *buf, size_t size)
{
    relocs->work += entries_of(relocs, piece) * relocs->entry;
    for (size_t i = 0; i < entries_of(relocs, piece); i++) {
        uint64_t at;
        const uint8_t *addend;
        if (take_entry(relocs, i, &at, &addend) && at >= addr && at - addr < size &&
            size - (at - addr) >= relocs->view->word) {
            memcpy(buf + (at - addr), addend, relocs->view->word);
        }
    }
}

ssize_t ig_relocs_read(struct ig_relocs *relocs, uint64_t addr, void *buf, size_t size)
{
    ssize_t n = ig_view_read(relocs->view, addr, buf, size);
    if (n <= 0) {
        return n;
    }
    relocs->work += (uint64_t)n + relocs->piece_count;
    for (size_t i = 0; i < relocs->piece_count; i++) {
        const struct ig_reloc_piece *p = &relocs->pieces[i];
        if (p->low > p->high || p->high < addr || (p->low > addr && p->low - addr >= (uint64_t)n)) {
            continue;
        }
        if (load(relocs, i) != 0) {
            return -1;
        }
        apply(relocs, i, addr, buf, (size_t)n);
    }
    return n;
}
