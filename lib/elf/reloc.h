/* SPDX-License-Identifier: Apache-2.0 */
/* Data as it is once a position-independent program was relocated to its link address. Where
 * relocations carry their addends (DT_RELA), the file often has zeros in the place of pointers;
 * with DT_REL and DT_RELR it has the values themselves. For lib/elf only. */
#ifndef IG_ELF_RELOC_H
#define IG_ELF_RELOC_H

#include "elf/view.h"

/* An index over DT_RELA, so that pieces of data can be relocated in any order while only one piece
 * of the table is in memory. */
struct ig_relocs {
    const struct ig_view *view;
    uint64_t offset;        /* of the table in the file */
    uint64_t count;         /* entries */
    size_t entry;           /* bytes of one */
    struct ig_reloc_piece *pieces;  /* owned */
    size_t piece_count;
    uint8_t *buf;           /* one piece; owned */
    size_t loaded;          /* which one is in it; piece_count: none */
    uint64_t work;          /* bytes read or looked at so far: for the caller's limit */
};

/* 0, also where the program has no such table (or one that cannot be used); -1 with errno. */
int ig_relocs_open(struct ig_relocs *relocs, const struct ig_view *view);
void ig_relocs_close(struct ig_relocs *relocs);

/* ig_view_read(), then relocated. Words that only partly lie in it stay as they are. */
ssize_t ig_relocs_read(struct ig_relocs *relocs, uint64_t addr, void *buf, size_t size);

#endif
