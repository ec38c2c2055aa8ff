/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of a dynamic string table, read where they lie: a whole table may be larger than all that
 * the gate may use. For lib/elf alone. */
#ifndef IG_ELF_NAMES_H
#define IG_ELF_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "elf/image.h"

enum {
    IG_NAME_MAX = 32768,       /* bytes of one name, its NUL included: long for a search path */
    IG_NAMES_BUDGET = 8 << 20, /* bytes of all names of one file; a hostile table repeats long
                                  ones */
};

struct ig_names {
    const struct ig_bytes *from;
    struct ig_arena *memory;  /* where the names go; borrowed */
    uint64_t offset, size;   /* of the table in the file */
    uint64_t window_at;      /* what WINDOW holds: an offset into the table */
    size_t window_length;
    size_t kept;             /* bytes handed out */
    int error;               /* errno of a read that failed, else 0 */
    char *window;            /* SMALL or LARGE */
    char *large;             /* IG_NAME_MAX bytes for a name that SMALL cannot hold; owned, or NULL */
    char small[1024];
};

/* The name at INDEX, in the arena. NULL where it lies outside, has no end within IG_NAME_MAX, exceeds
 * the budget, or cannot be read (then error is set). */
char *ig_names_get(struct ig_names *names, uint64_t index);

/* Free what NAMES allocated for itself. */
void ig_names_close(struct ig_names *names);

#endif
