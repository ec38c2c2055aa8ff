/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program or library defines for others and what its relocations ask of them, small enough to
 * be kept for every library of an image: names and versions are their hashes. That two names meet is
 * less likely than that the machine errs, and a library that wanted a symbol to seem defined could
 * as well define it.
 */
#ifndef IG_ELF_LINKAGE_H
#define IG_ELF_LINKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "elf/dynamic.h"
#include "elf/symtab.h"

enum {
    IG_DEF_HIDDEN = 1,     /* top bit of DT_VERSYM: only for who names its version */
    IG_DEF_FIRST = 2,      /* its version is none, the base, or the first: for who names none */
    IG_DEF_BY_PLT = 4,     /* undefined, with a value: a program's address for a library's function,
                              which answers all but calls */
};

struct ig_definition {
    uint64_t name;
    uint32_t version;      /* 0: none */
    uint32_t next : 24, flags : 8;  /* NEXT of the same bucket, plus one; 0: none */
};

enum {
    IG_REF_DATA = 1,       /* a relocation that is applied at start, whatever is bound lazily */
    IG_REF_CALL = 2,       /* a JUMP_SLOT one: at start only where all is bound then */
    IG_REF_COPY = 4,       /* a COPY one: the program's own definition does not count */
    IG_REF_HIDDEN = 8,     /* top bit of vna_other: a symbol without version will not do */
};

struct ig_reference {
    uint64_t name;
    uint32_t version;      /* 0: none */
    uint32_t symbol : 24, flags : 8;
};

struct ig_linkage {
    struct ig_definition *defs;   /* owned */
    uint32_t *buckets;            /* of defs by name: the first one plus one; owned */
    size_t def_count, bucket_count;  /* the latter a power of two, or 0 */
    struct ig_reference *refs;    /* not weak, undefined or copied; in the order in which they are
                                     relocated; owned */
    size_t ref_count;
    bool versioned;        /* has versions: a reference's is compared */
    size_t kept;           /* bytes that all of this takes */
    char *fault;           /* why a table could not be read to its end, a sentence; owned or NULL */
};

/* Are the relocations of MACHINE (EM_...) known? Else no references are found. */
bool ig_linkage_knows(uint16_t machine);

/* Read it all, with strings in ROOM meanwhile. -1 only where reading failed. */
int ig_linkage_parse(const struct ig_bytes *from, const struct ig_image *image,
                     const struct ig_dynamic *dynamic, struct ig_symtab_room *room,
                     struct ig_linkage *out, struct ig_error *e);
void ig_linkage_free(struct ig_linkage *linkage);

/* Does OF define what REF asks for, as check_match() and do_lookup_x() of glibc's elf/dl-lookup.c
 * decide? CALL: for a relocation of that kind. */
bool ig_linkage_defines(const struct ig_linkage *of, const struct ig_reference *ref, bool call);

/* The name of symbol number SYMBOL, malloc'd; NULL where it cannot be read. */
char *ig_linkage_name(const struct ig_bytes *from, const struct ig_image *image,
                      const struct ig_dynamic *dynamic, uint64_t symbol);

#endif
