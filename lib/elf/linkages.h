/* SPDX-License-Identifier: Apache-2.0 */
/* The linkages of libraries, each read once however many programs load it. Any thread may ask. */
#ifndef IG_ELF_LINKAGES_H
#define IG_ELF_LINKAGES_H

#include <stdatomic.h>

#include "elf/linkage.h"
#include "elf/resolve.h"

enum {
    IG_LINKAGES_KEPT_MAX = 12 << 20,  /* bytes kept from program to program; a base image has two
                                         MiB */
    IG_LINKAGES_MAX = 64 << 20,       /* of one program */
};

/* Where a file's linkage is kept. */
struct ig_linkage_slot {
    _Atomic(struct ig_linkage *) linkage;  /* NULL until it was read; owned */
    atomic_size_t *kept;                   /* bytes in all slots; borrowed */
};

/* Free what SLOT holds. */
void ig_linkage_slot_clear(struct ig_linkage_slot *slot);

/* Of all objects of a resolution. */
struct ig_linkages {
    const struct ig_linkage **list;  /* by object */
    struct ig_linkage **owned;       /* those that are not kept: freed with this; else NULL */
    size_t count;
};

/* -1 where one cannot be read, is malformed, or they are too large together (E). */
int ig_linkages_get(const struct ig_resolution *resolution, struct ig_linkages *out,
                    struct ig_error *e);
void ig_linkages_free(struct ig_linkages *linkages);

/* The name of SYMBOL in OBJECT of OF, malloc'd; NULL where it cannot be read. */
char *ig_object_symbol(const struct ig_resolution *of, const struct ig_object *object,
                       uint64_t symbol);

#endif
