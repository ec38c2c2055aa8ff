/* SPDX-License-Identifier: Apache-2.0 */
/* The dynamic symbol table, entry by entry. Its length is written nowhere: it follows from the hash
 * tables that a loader looks symbols up in (gABI "Hash Table"; DT_GNU_HASH as glibc's
 * elf/dl-lookup.c reads it). For lib/elf alone. */
#ifndef IG_ELF_SYMTAB_H
#define IG_ELF_SYMTAB_H

#include "elf/dynamic.h"
#include "elf/view.h"

enum {
    IG_SYMBOLS_MAX = 1 << 19,   /* the largest libraries known, of machine learning, have half */
    IG_SYMTAB_BEYOND = 8,
    IG_VERSION_MASK = 0x7fff,   /* of DT_VERSYM; the top bit hides a symbol from plain lookups */
};

/* Memory for the strings of one table after the other: asking the kernel for some MiB each time would
 * cost as much as reading them. {0} to begin with. */
struct ig_symtab_room {
    char *data;              /* owned */
    size_t size;
};
void ig_symtab_room_free(struct ig_symtab_room *room);

struct ig_symtab {
    struct ig_view view;
    const struct ig_dynamic *dynamic;
    uint64_t count;          /* entries, the first one, which is none, included */
    uint64_t first_hashed;   /* the symbols before it no loader finds here */
    uint64_t strings_at;     /* offset of the string table in the file */
    size_t string_size;
    char *strings;           /* all of them, or of a large table what was asked for last; in room */
    bool whole;
    const char *fault;       /* the first one; static */
    int error;               /* errno of a read that failed, else 0 */
};

/* Raw, but for what libelf's structures name. NAME is valid until the next one is asked for. */
struct ig_symtab_entry {
    const char *name;
    uint64_t value;
    uint16_t section, version;  /* st_shndx, DT_VERSYM's (0 where there is none) */
    uint8_t info, other;
};

/* Open the table of a file that has a dynamic section, until ROOM is used for another. What is
 * malformed becomes the fault. */
void ig_symtab_open(struct ig_symtab *t, const struct ig_bytes *from, const struct ig_image *image,
                    const struct ig_dynamic *d, struct ig_symtab_room *room);

/* Give VISIT each entry from the second on that has a name and is not local, with its index. */
typedef void ig_symtab_visit(void *context, uint64_t index, const struct ig_symtab_entry *entry);
void ig_symtab_each(struct ig_symtab *t, ig_symtab_visit *visit, void *context);

/* The string at AT, NULL where it lies outside. Of a large table it is valid until the next call.
 * IG_SYMTAB_BEYOND more bytes behind its end can be read. */
const char *ig_symtab_string(struct ig_symtab *t, uint32_t at);

#endif
