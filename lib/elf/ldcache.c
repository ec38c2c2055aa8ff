/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/ldcache.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static const char old_magic[] = "ld.so-1.7.0";            /* and a byte of padding */
static const char new_magic[] = "glibc-ld.so.cache1.1";   /* without one */

enum {
    OLD_HEADER = 16,       /* magic, padding, nlibs */
    OLD_ENTRY = 12,        /* flags, key, value */
    NEW_HEADER = 48,
    NEW_ENTRY = 24,        /* flags, key, value, osversion, hwcap */
    NEW_EXTENSION_AT = 32, /* offset of the extension directory's offset */
    EXTENSION_MAGIC = 0xeaa42174,
    EXTENSION_HWCAPS = 1,  /* cache_extension_tag_glibc_hwcaps */
    KIND_MASK = 0xff,
    KIND_LIBC6 = 0x03,
    NAME_ROOM = 256,       /* NAME_MAX and its NUL: no library has a longer name */
    PATH_ROOM = 4096,      /* PATH_MAX */
    SAME_NAME_MAX = 64,    /* real ones: a few machines and hwcaps */
};
/* dl_cache_hwcap_extension(): the upper half of the hwcap field but for ten bits of ISA level. */
#define EXTENSION_MASK UINT64_C(0xfffffc0000000000)
#define HWCAP_EXTENSION (UINT64_C(1) << 62)

struct view {
    const char *data;
    size_t length;
    bool swapped;
};

static bool is_extension(uint64_t hwcap)
{
    return (hwcap & EXTENSION_MASK) == HWCAP_EXTENSION;
}

static unsigned level_of(uint64_t hwcap)
{
    return (unsigned)(hwcap >> 32 & 0x3ff) + 1;
}

static uint32_t word(const struct view *v, size_t at)
{
    uint32_t value;
    memcpy(&value, v->data + at, sizeof value);
    return v->swapped ? __builtin_bswap32(value) : value;
}

static bool has(const struct view *v, uint64_t at, uint64_t length)
{
    return at <= v->length && length <= v->length - at;
}

/* The bytes end in a NUL of our own, so every offset inside starts a string. */
static const char *string(const struct view *v, uint32_t at)
{
    return at < v->length ? v->data + at : NULL;
}

/* Where the section of glibc-hwcaps names lies, in words; false where there is none. */
static bool find_hwcaps(const struct view *v, const struct view *file, uint32_t *at,
                        uint32_t *count)
{
    uint32_t directory = word(v, NEW_EXTENSION_AT);
    if (directory == 0 || !has(file, directory, 8) || word(file, directory) != EXTENSION_MAGIC) {
        return false;
    }
    uint32_t sections = word(file, directory + 4);
    for (uint32_t i = 0; i < sections && has(file, directory + 8 + (uint64_t)i * 16, 16); i++) {
        size_t section = directory + 8 + (size_t)i * 16;
        if (word(file, section) == EXTENSION_HWCAPS) {
            *at = word(file, section + 8);
            *count = word(file, section + 12) / 4;
            return has(file, *at, (uint64_t)*count * 4);
        }
    }
    return false;
}

/* Strings may overlap: one of 4 MiB could be a hundred thousand long names. */
static void add(struct ig_ldcache *cache, struct ig_ldcache_entry entry)
{
    if (entry.name != NULL && entry.path != NULL &&
        strnlen(entry.name, NAME_ROOM) < NAME_ROOM && strnlen(entry.path, PATH_ROOM) < PATH_ROOM) {
        entry.index = cache->count;
        cache->entries[cache->count++] = entry;
    }
}

/* The header and its entries count from V on; the extension and its strings from the start of the
 * FILE, also where an old cache stands before (elf/dl-cache.c glibc_hwcaps_compare()). */
static int parse_new(const struct view *v, const struct view *file, struct ig_ldcache *cache,
                     struct ig_error *e)
{
    uint32_t count = word(v, sizeof new_magic - 1);
    uint32_t hwcaps_at = 0;
    uint32_t hwcaps_count = 0;
    if (!has(v, NEW_HEADER, (uint64_t)count * NEW_ENTRY)) {
        return ig_error_set(e, EINVAL, "its %u entries do not fit in the file", count);
    }
    bool named = find_hwcaps(v, file, &hwcaps_at, &hwcaps_count);
    cache->entries = ig_alloc_array(count, sizeof *cache->entries);
    for (uint32_t i = 0; i < count; i++) {
        size_t at = NEW_HEADER + (size_t)i * NEW_ENTRY;
        uint64_t hwcap;
        memcpy(&hwcap, v->data + at + 16, sizeof hwcap);
        hwcap = v->swapped ? __builtin_bswap64(hwcap) : hwcap;
        struct ig_ldcache_entry entry = {
            .flags = word(v, at),
            .name = string(v, word(v, at + 4)),
            .path = string(v, word(v, at + 8)),
            .bits = hwcap,
        };
        if (is_extension(hwcap)) {
            uint32_t index = (uint32_t)hwcap;
            const char *name = named && index < hwcaps_count
                                   ? string(file, word(file, hwcaps_at + (size_t)index * 4))
                                   : NULL;
            entry.hwcaps = name != NULL ? name : "";
        }
        add(cache, entry);
    }
    return 0;
}

static int parse_old(const struct view *v, struct ig_ldcache *cache)
{
    uint32_t count = word(v, OLD_HEADER - 4);
    uint64_t strings = OLD_HEADER + (uint64_t)count * OLD_ENTRY;
    struct view names = {v->data + strings, v->length - (size_t)strings, v->swapped};
    cache->entries = ig_alloc_array(count, sizeof *cache->entries);
    for (uint32_t i = 0; i < count; i++) {
        size_t at = OLD_HEADER + (size_t)i * OLD_ENTRY;
        add(cache, (struct ig_ldcache_entry){
                       .flags = word(v, at),
                       .name = string(&names, word(v, at + 4)),
                       .path = string(&names, word(v, at + 8)),
                   });
    }
    return 0;
}

static bool is_new(const struct view *v)
{
    return v->length >= NEW_HEADER && memcmp(v->data, new_magic, sizeof new_magic - 1) == 0;
}

/* The number of entries is small in one byte order and absurd in the other; the flags byte of newer
 * caches says it, but older ones leave it 0. */
static bool fits(const struct view *v, size_t count_at, size_t header, size_t entry)
{
    return has(v, header, (uint64_t)word(v, count_at) * entry);
}

static int by_name(const void *a, const void *b)
{
    const struct ig_ldcache_entry *x = a;
    const struct ig_ldcache_entry *y = b;
    int order = strcmp(x->name, y->name);
    /* qsort is not stable; within a name the file's order is the loader's. */
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static int parse(struct view v, struct ig_ldcache *cache, struct ig_error *e)
{
    struct view file = v;
    if (v.length >= OLD_HEADER && memcmp(v.data, old_magic, sizeof old_magic - 1) == 0) {
        v.swapped = !fits(&v, OLD_HEADER - 4, OLD_HEADER, OLD_ENTRY);
        if (!fits(&v, OLD_HEADER - 4, OLD_HEADER, OLD_ENTRY)) {
            return ig_error_set(e, EINVAL, "its entries do not fit in the file");
        }
        /* A new cache may follow, aligned to its own needs; loaders then read that one alone. */
        size_t end = OLD_HEADER + (size_t)word(&v, OLD_HEADER - 4) * OLD_ENTRY;
        end = (end + 7) & ~(size_t)7;
        end = end <= v.length ? end : v.length;
        struct view behind = {v.data + end, v.length - end, false};
        if (!is_new(&behind)) {
            return parse_old(&v, cache);
        }
        v = behind;
    }
    if (!is_new(&v)) {
        return ig_error_set(e, EINVAL, "it is no cache of a known format");
    }
    v.swapped = !fits(&v, sizeof new_magic - 1, NEW_HEADER, NEW_ENTRY);
    file.swapped = v.swapped;
    return parse_new(&v, &file, cache, e);
}

/* So that a lookup is short whatever the file holds. */
static void drop_repeated(struct ig_ldcache *cache)
{
    size_t kept = 0;
    size_t same = 0;
    for (size_t i = 0; i < cache->count; i++) {
        bool repeated = kept > 0 && strcmp(cache->entries[i].name,
                                           cache->entries[kept - 1].name) == 0;
        same = repeated ? same + 1 : 0;
        if (same < SAME_NAME_MAX) {
            cache->entries[kept++] = cache->entries[i];
        }
    }
    cache->count = kept;
}

int ig_ldcache_parse(char *data, size_t length, struct ig_ldcache *out, struct ig_error *e)
{
    *out = (struct ig_ldcache){.data = data};
    if (parse((struct view){data, length, false}, out, e) != 0) {
        ig_ldcache_free(out);
        return -1;
    }
    /* ldconfig sorts in nearly the opposite order, which is what costs a sort most. */
    for (size_t i = 0; i < out->count / 2; i++) {
        struct ig_ldcache_entry first = out->entries[i];
        out->entries[i] = out->entries[out->count - 1 - i];
        out->entries[out->count - 1 - i] = first;
    }
    qsort(out->entries, out->count, sizeof *out->entries, by_name);
    drop_repeated(out);
    return 0;
}

void ig_ldcache_free(struct ig_ldcache *cache)
{
    free(cache->data);
    free(cache->entries);
    *cache = (struct ig_ldcache){0};
}

static size_t first_of(const struct ig_ldcache *cache, const char *name)
{
    size_t low = 0;
    size_t high = cache->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(cache->entries[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t rank(const char *const *hwcaps, const char *name)
{
    size_t i = 0;
    while (hwcaps[i] != NULL && strcmp(hwcaps[i], name) != 0) {
        i++;
    }
    return hwcaps[i] != NULL ? i : SIZE_MAX;
}

static bool suits(const struct ig_ldcache_entry *entry, uint32_t flags,
                  const struct ig_ldcache_cpu *cpu)
{
    if (flags != 0 ? entry->flags != flags : (entry->flags & KIND_MASK) != KIND_LIBC6) {
        return false;
    }
    return entry->hwcaps != NULL ? level_of(entry->bits) <= cpu->level
                                 : (entry->bits & ~cpu->features) == 0;
}

const char *ig_ldcache_find(const struct ig_ldcache *cache, const char *name, uint32_t flags,
                            const struct ig_ldcache_cpu *cpu)
{
    const char *best = NULL;
    const char *plain = NULL;
    size_t best_rank = SIZE_MAX;
    for (size_t i = first_of(cache, name);
         i < cache->count && strcmp(cache->entries[i].name, name) == 0; i++) {
        const struct ig_ldcache_entry *entry = &cache->entries[i];
        if (!suits(entry, flags, cpu)) {
            continue;
        }
        size_t r = entry->hwcaps != NULL ? rank(cpu->hwcaps, entry->hwcaps) : SIZE_MAX;
        if (r < best_rank) {
            best_rank = r;
            best = entry->path;
        } else if (entry->hwcaps == NULL && plain == NULL) {
            plain = entry->path;
        }
    }
    return best != NULL ? best : plain;
}

uint32_t ig_ldcache_flags(uint16_t e_machine, uint8_t e_class)
{
    /* glibc sysdeps/generic/ldconfig.h: FLAG_ELF_LIBC6 and the machine's FLAG_ value. */
    static const struct {
        uint16_t machine;
        uint8_t class;
        uint32_t flags;
    } rows[] = {
        {EM_X86_64, ELFCLASS64, 0x0303}, {EM_X86_64, ELFCLASS32, 0x0803},
        {EM_386, ELFCLASS32, 0x0003},    {EM_AARCH64, ELFCLASS64, 0x0a03},
        {EM_S390, ELFCLASS64, 0x0403},   {EM_PPC64, ELFCLASS64, 0x0503},
        {EM_RISCV, ELFCLASS64, 0x1003},
    };
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        if (rows[i].machine == e_machine && rows[i].class == e_class) {
            return rows[i].flags;
        }
    }
    return 0;
}
