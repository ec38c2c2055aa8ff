/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dynamic section (gABI chapter 5 "Dynamic Section") and the symbol
 * versions (LSB "Symbol Versioning") of a program or library, as a loader
 * reads them: through PT_DYNAMIC and PT_LOAD, never through section headers,
 * which a stripped or damaged file need not have. Input is hostile.
 */
#ifndef IG_ELF_DYNAMIC_H
#define IG_ELF_DYNAMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "elf/image.h"

/* One entry of DT_VERNEED: VERSION of the library whose DT_NEEDED name is FILE. */
struct ig_version_need {
    const char *file, *version;  /* FILE is the same pointer for all of one DT_VERNEED entry */
    uint32_t hash;  /* vna_hash */
    bool weak;      /* VER_FLG_WEAK: its absence is no error */
};

/* One entry of DT_VERDEF. */
struct ig_version {
    const char *name;
    uint32_t hash;  /* vd_hash */
};

/* A table of relocations; 0 where absent. */
struct ig_reloc_table {
    uint64_t at, size;       /* address and bytes */
    uint64_t relative;       /* how many at its start have no symbol (DT_RELACOUNT) */
};

/* A DT_FILTER or DT_AUXILIARY entry: a library that stands in for this one's symbols. */
struct ig_filtee {
    char *name;
    bool optional;           /* DT_AUXILIARY: glibc goes on without it */
};

struct ig_dynamic {
    bool present;            /* has a PT_DYNAMIC */
    char **needed;           /* DT_NEEDED, in order */
    size_t needed_count;
    struct ig_filtee *filtees;  /* in order */
    size_t filtee_count;
    char *soname, *rpath, *runpath;  /* NULL where there is none */
    uint64_t flags, flags_1; /* DT_FLAGS, DT_FLAGS_1 */
    bool textrel, bind_now, symbolic;  /* also by their own tags */
    bool debug;              /* DT_DEBUG: linked as a program, not as a library */
    struct ig_version_need *version_needs;
    size_t version_need_count;
    struct ig_version *versions;  /* the base (the soname) left out */
    size_t version_count;
    bool has_verdef;
    /* Where the symbol table lies, for ig_symbols_parse(): addresses, 0 where absent. */
    uint64_t symtab, strtab, versym, hash, gnu_hash, verneed, verdef;
    struct ig_reloc_table rela, rel, jmprel;
    bool jmprel_has_addends; /* DT_PLTREL is DT_RELA */
    uint64_t strsz;          /* DT_STRSZ, which no loader looks at */
    /* Why a loader could not read it, a sentence; NULL where it could. What came before is filled in
     * all the same. */
    const char *fault;
};

enum { IG_DT_1_NODEFLIB = 0x800, IG_DT_1_NOOPEN = 0x40, IG_DT_1_PIE = 0x08000000 };

/* Parse. -1 only where reading failed (errno in E; OUT is empty then). All that OUT points to lies in
 * MEMORY; its strings are not escaped. */
int ig_dynamic_parse(const struct ig_bytes *from, const struct ig_image *image,
                     struct ig_arena *memory, struct ig_dynamic *out, struct ig_error *e);

/* Where the byte at VADDR lies in the file, and how many bytes of its segment follow (*ROOM).
 * UINT64_MAX where no PT_LOAD has it in the file. */
uint64_t ig_image_offset(const struct ig_image *image, uint64_t vaddr, uint64_t *room);

struct ig_symbol {
    const char *name;
    const char *version;   /* NULL: unversioned */
    bool defined, weak;
};

struct ig_symbols {
    struct ig_symbol *list;  /* global and weak ones */
    size_t count;
    char *strings;           /* where the names lie; owned */
};

/* The dynamic symbol table: what it needs and what it defines, at most 2^19 symbols and 8 MiB of
 * names. -1 where reading failed; a malformed or larger table gives what could be read and FAULT
 * (malloc'd; NULL where none). */
int ig_symbols_parse(const struct ig_bytes *from, const struct ig_image *image,
                     const struct ig_dynamic *dynamic, struct ig_symbols *out, char **fault,
                     struct ig_error *e);
void ig_symbols_free(struct ig_symbols *symbols);

#endif
