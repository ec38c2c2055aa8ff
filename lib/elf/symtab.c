/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/symtab.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"

enum {
    STRINGS_KEPT = 8 << 20,  /* bytes; of a larger table strings are read one by one */
    STRING_MAX = 32768,      /* of which this is the longest */
    CHUNK = 1 << 14,         /* bytes read at once */
};

static void fault(struct ig_symtab *t, const char *text)
{
    t->fault = t->fault == NULL ? text : t->fault;
}

/* SIZE bytes at ADDR, all or none. */
static bool read_all(struct ig_symtab *t, uint64_t addr, void *buf, size_t size)
{
    ssize_t n = ig_view_read(&t->view, addr, buf, size);
    if (n < 0) {
        t->error = errno;
    }
    return n >= 0 && (size_t)n == size;
}

static uint32_t word32(const struct ig_symtab *t, const uint8_t *p)
{
    return (uint32_t)ig_view_uint(t->view.big, p, 4);
}

/* DT_HASH: nbucket, nchain; as many symbols as chains. Its words have 64 bits on s390x. */
static uint64_t count_by_hash(struct ig_symtab *t, uint64_t addr)
{
    uint8_t header[16];
    unsigned word = t->view.image->e_machine == EM_S390 && t->view.word == 8 ? 8 : 4;
    return read_all(t, addr, header, (size_t)word * 2)
               ? ig_view_uint(t->view.big, header + word, word)
               : 0;
}

/* The highest symbol that a bucket starts with; 0 where all are empty. */
static uint64_t highest_bucket(struct ig_symtab *t, uint64_t addr, uint32_t buckets)
{
    uint8_t chunk[CHUNK];
    uint64_t highest = 0;
    for (uint64_t done = 0; done < buckets;) {
        size_t n = buckets - done < CHUNK / 4 ? (size_t)(buckets - done) : CHUNK / 4;
        if (!read_all(t, addr + done * 4, chunk, n * 4)) {
            fault(t, "its DT_GNU_HASH is cut short");
            return highest;
        }
        for (size_t i = 0; i < n; i++) {
            uint32_t first = word32(t, chunk + i * 4);
            highest = first > highest ? first : highest;
        }
        done += n;
    }
    return highest;
}

/* The symbol behind the last one of the chain that holds FIRST. */
static uint64_t chain_end(struct ig_symtab *t, uint64_t addr, uint64_t first)
{
    uint8_t chunk[CHUNK];
    uint64_t symbol = first;
    while (symbol < IG_SYMBOLS_MAX) {
        ssize_t n = ig_view_read(&t->view, addr + (symbol - first) * 4, chunk, sizeof chunk);
        t->error = n < 0 ? errno : t->error;
        if (n < 4) {
            fault(t, "its DT_GNU_HASH is cut short");
            return symbol;
        }
        for (ssize_t i = 0; i + 4 <= n; i += 4, symbol++) {
            if ((word32(t, chunk + i) & 1) != 0) {
                return symbol + 1;
            }
        }
    }
    return symbol;
}

/* Where nothing is hashed, linkers do not say how many symbols are needed. What they lay behind the
 * table ends it. */
static uint64_t count_by_layout(const struct ig_symtab *t, const struct ig_dynamic *d)
{
    const uint64_t others[] = {d->strtab, d->versym, d->hash, d->gnu_hash, d->verneed, d->verdef};
    uint64_t end = UINT64_MAX;
    for (size_t i = 0; i < IG_COUNT(others); i++) {
        end = others[i] > d->symtab && others[i] < end ? others[i] : end;
    }
    size_t entry = t->view.word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    return end != UINT64_MAX ? (end - d->symtab) / entry : 0;
}

/* nbuckets, the first symbol that is hashed, words of the bloom filter, its shift; then these.
 * Symbols that are needed come before the hashed ones. */
static uint64_t count_by_gnu_hash(struct ig_symtab *t, const struct ig_dynamic *d)
{
    uint64_t addr = d->gnu_hash;
    uint8_t header[16];
    if (!read_all(t, addr, header, sizeof header)) {
        fault(t, "its DT_GNU_HASH is cut short");
        return 0;
    }
    uint32_t buckets = word32(t, header);
    uint32_t hashed = word32(t, header + 4);
    t->first_hashed = hashed;
    uint64_t at = addr + sizeof header + (uint64_t)word32(t, header + 8) * t->view.word;
    uint64_t highest = highest_bucket(t, at, buckets);
    if (highest < hashed) {
        uint64_t count = count_by_layout(t, d);
        return count > hashed ? count : hashed;
    }
    return chain_end(t, at + (uint64_t)buckets * 4 + (highest - hashed) * 4, highest);
}

static char *make_room(struct ig_symtab_room *room, size_t size)
{
    if (room->size < size) {
        free(room->data);
        room->size = size;
        room->data = ig_alloc(size);
    }
    return room->data;
}

void ig_symtab_room_free(struct ig_symtab_room *room)
{
    free(room->data);
    *room = (struct ig_symtab_room){0};
}

static bool open_strings(struct ig_symtab *t, struct ig_symtab_room *room)
{
    const struct ig_dynamic *d = t->dynamic;
    uint64_t left;
    if (!ig_view_offset(&t->view, d->strtab, &t->strings_at, &left)) {
        fault(t, "its dynamic string table lies in no loaded segment");
        return false;
    }
    left = d->strsz != 0 && d->strsz < left ? d->strsz : left;
    t->string_size = left < UINT32_MAX ? (size_t)left : UINT32_MAX;
    t->whole = t->string_size <= STRINGS_KEPT;
    size_t size = t->whole ? t->string_size : STRING_MAX;
    t->strings = make_room(room, size + 1 + IG_SYMTAB_BEYOND);
    if (t->whole) {
        ssize_t n = ig_view_read(&t->view, d->strtab, t->strings, t->string_size);
        t->error = n < 0 ? errno : t->error;
        t->string_size = n > 0 ? (size_t)n : 0;
        t->strings[t->string_size] = '\0';
    }
    return t->string_size > 0;
}

/* Most names are short, so little is read first. */
static const char *read_string(struct ig_symtab *t, uint32_t at)
{
    for (size_t size = 256; t->error == 0; size = STRING_MAX) {
        size_t rest = t->string_size - at;
        size_t wanted = size < rest ? size : rest;
        ssize_t n = t->view.from->read(t->view.from, t->strings, wanted, t->strings_at + at);
        if (n < 0) {
            t->error = errno;
        } else if (memchr(t->strings, '\0', (size_t)n) != NULL) {
            return t->strings;
        } else if (size == STRING_MAX || (size_t)n < wanted) {
            break;
        }
    }
    return NULL;
}

const char *ig_symtab_string(struct ig_symtab *t, uint32_t at)
{
    return at >= t->string_size ? NULL : t->whole ? t->strings + at : read_string(t, at);
}

void ig_symtab_open(struct ig_symtab *t, const struct ig_bytes *from, const struct ig_image *image,
                    const struct ig_dynamic *d, struct ig_symtab_room *room)
{
    *t = (struct ig_symtab){.dynamic = d};
    if (!d->present || d->symtab == 0 || !ig_view_open(&t->view, from, image)) {
        return;
    }
    t->first_hashed = d->hash != 0 || d->gnu_hash != 0 ? 0 : UINT64_MAX;
    uint64_t by_gnu_hash = d->gnu_hash != 0 ? count_by_gnu_hash(t, d) : 0;
    t->count = d->hash != 0       ? count_by_hash(t, d->hash)
               : d->gnu_hash != 0 ? by_gnu_hash
                                  : count_by_layout(t, d);
    if (t->count > IG_SYMBOLS_MAX) {
        fault(t, "it has more dynamic symbols than initgate reads");
        t->count = IG_SYMBOLS_MAX;
    }
    if (t->count != 0 && !open_strings(t, room)) {
        t->count = 0;
    }
}

/* Elf64_Sym: st_name, st_info, st_other, st_shndx, st_value, st_size; Elf32_Sym: st_name, st_value,
 * st_size, st_info, st_other, st_shndx. */
static bool take_entry(struct ig_symtab *t, const uint8_t *p, uint16_t version,
                       struct ig_symtab_entry *entry)
{
    bool wide = t->view.word == 8;
    *entry = (struct ig_symtab_entry){
        .value = ig_view_word(&t->view, p + (wide ? 8 : 4)),
        .section = (uint16_t)ig_view_uint(t->view.big, p + (wide ? 6 : 14), 2),
        .version = version,
        .info = p[wide ? 4 : 12],
        .other = p[wide ? 5 : 13],
    };
    unsigned bind = ELF64_ST_BIND(entry->info);
    if (bind != STB_GLOBAL && bind != STB_WEAK && bind != STB_GNU_UNIQUE) {
        return false;
    }
    entry->name = ig_symtab_string(t, word32(t, p));
    if (entry->name == NULL) {
        fault(t, "the name of a symbol lies outside the string table");
    }
    return entry->name != NULL && entry->name[0] != '\0';
}

void ig_symtab_each(struct ig_symtab *t, ig_symtab_visit *visit, void *context)
{
    const struct ig_dynamic *d = t->dynamic;
    uint8_t chunk[CHUNK];
    uint8_t versions[CHUNK];
    size_t size = t->view.word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    struct ig_symtab_entry entry;
    for (uint64_t done = 1; done < t->count && t->error == 0;) {
        size_t n = t->count - done < CHUNK / size ? (size_t)(t->count - done) : CHUNK / size;
        if (!read_all(t, d->symtab + done * size, chunk, n * size)) {
            fault(t, "its dynamic symbol table is cut short");
            return;
        }
        if (d->versym != 0 && !read_all(t, d->versym + done * 2, versions, n * 2)) {
            fault(t, "its table of symbol versions (DT_VERSYM) is cut short");
            return;
        }
        for (size_t i = 0; i < n; i++) {
            uint64_t version = d->versym != 0 ? ig_view_uint(t->view.big, versions + i * 2, 2) : 0;
            if (take_entry(t, chunk + i * size, (uint16_t)version, &entry)) {
                visit(context, done + i, &entry);
            }
        }
        done += n;
    }
}
