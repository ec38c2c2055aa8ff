/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/ld.so.cache as data: the old format (ld.so-1.7.0), the new one
 * (glibc-ld.so.cache1.1), alone or behind an old one, with the glibc-hwcaps
 * extension (glibc's sysdeps/generic/dl-cache.h, elf/dl-cache.c). A parser over
 * bytes; hostile input.
 */
#ifndef IG_ELF_LDCACHE_H
#define IG_ELF_LDCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* The largest cache that is read, bytes; a full desktop's has some hundred KiB. */
enum { IG_LDCACHE_MAX = 4 << 20 };

struct ig_ldcache_entry {
    const char *name;    /* the soname that is looked up; points into the cache */
    const char *path;    /* what it leads to; likewise */
    uint32_t flags;      /* kind of library and machine: 0x0303 is x86-64 */
    const char *hwcaps;  /* "x86-64-v3" of the extension; NULL for the baseline */
    uint64_t bits;       /* the hwcap field: with HWCAPS a level in its upper half, else CPU
                            features */
    size_t index;        /* in the file */
};

struct ig_ldcache {
    char *data;                        /* owned */
    struct ig_ldcache_entry *entries;  /* sorted by name, else in the file's order; owned */
    size_t count;
};

/* Take LENGTH bytes at DATA (malloc'd, with a NUL behind them; owned by OUT in any case). -1 where
 * it is no cache, which a loader passes over. */
int ig_ldcache_parse(char *data, size_t length, struct ig_ldcache *out, struct ig_error *e);
void ig_ldcache_free(struct ig_ldcache *cache);

/* What the CPU that the loader runs on has. */
struct ig_ldcache_cpu {
    const char *const *hwcaps;  /* names of glibc-hwcaps directories, best first, ends with NULL */
    unsigned level;             /* 1 to 4: an entry whose library asks for a higher one is
                                   skipped */
    uint64_t features;          /* bits of the hwcap field that glibc before 2.37 honours; 0
                                   later */
};

/* The path that a loader takes for NAME: FLAGS must be equal (0: any glibc library); of several the
 * one whose hwcaps comes first, else the first baseline. NULL where there is none. Points into the
 * cache. */
const char *ig_ldcache_find(const struct ig_ldcache *cache, const char *name, uint32_t flags,
                            const struct ig_ldcache_cpu *cpu);

/* The flags of libraries for an ELF machine and class; 0 where they are not known. */
uint32_t ig_ldcache_flags(uint16_t e_machine, uint8_t e_class);

#endif
