/* SPDX-License-Identifier: Apache-2.0 */
/* The dynamic symbol table. Its length is written nowhere: it follows from the hash tables that a
 * loader looks symbols up in (gABI "Hash Table"; DT_GNU_HASH as glibc's elf/dl-lookup.c reads
 * it). */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/dynamic.h"
#include "elf/versions.h"
#include "elf/view.h"

enum {
    SYMBOLS_MAX = 1 << 18,   /* Chromium's largest libraries have some ten thousand */
    STRINGS_MAX = 8 << 20,   /* bytes */
    CHUNK = 1 << 14,         /* bytes read at once */
    VERSION_MASK = 0x7fff,   /* of DT_VERSYM; the top bit hides a symbol from plain lookups */
};

struct reader {
    struct ig_view view;
    struct ig_symbols *out;
    size_t string_size;
    const char **versions;   /* by index; VERSION_MASK + 1 of them, or NULL */
    const char *fault;
    int error;               /* errno of a read that failed, else 0 */
};

static void fault(struct reader *r, const char *text)
{
    r->fault = r->fault == NULL ? text : r->fault;
}

/* SIZE bytes at ADDR, all or none. */
static bool read_all(struct reader *r, uint64_t addr, void *buf, size_t size)
{
    ssize_t n = ig_view_read(&r->view, addr, buf, size);
    if (n < 0) {
        r->error = errno;
    }
    return n >= 0 && (size_t)n == size;
}

static uint32_t word32(const struct reader *r, const uint8_t *p)
{
    return (uint32_t)ig_view_uint(r->view.big, p, 4);
}

/* DT_HASH: nbucket, nchain; as many symbols as chains. Its words have 64 bits on s390x. */
static uint64_t count_by_hash(struct reader *r, uint64_t addr)
{
    uint8_t header[16];
    unsigned word = r->view.image->e_machine == EM_S390 && r->view.word == 8 ? 8 : 4;
    return read_all(r, addr, header, (size_t)word * 2)
               ? ig_view_uint(r->view.big, header + word, word)
               : 0;
}

/* The highest symbol that a bucket starts with; 0 where all are empty. */
static uint64_t highest_bucket(struct reader *r, uint64_t addr, uint32_t buckets)
{
    uint8_t chunk[CHUNK];
    uint64_t highest = 0;
    for (uint64_t done = 0; done < buckets;) {
        size_t n = buckets - done < CHUNK / 4 ? (size_t)(buckets - done) : CHUNK / 4;
        if (!read_all(r, addr + done * 4, chunk, n * 4)) {
            fault(r, "its DT_GNU_HASH is cut short");
            return highest;
        }
        for (size_t i = 0; i < n; i++) {
            uint32_t first = word32(r, chunk + i * 4);
            highest = first > highest ? first : highest;
        }
        done += n;
    }
    return highest;
}

/* The symbol behind the last one of the chain that holds FIRST. */
static uint64_t chain_end(struct reader *r, uint64_t addr, uint64_t first)
{
    uint8_t chunk[CHUNK];
    uint64_t symbol = first;
    while (symbol < SYMBOLS_MAX) {
        ssize_t n = ig_view_read(&r->view, addr + (symbol - first) * 4, chunk, sizeof chunk);
        r->error = n < 0 ? errno : r->error;
        if (n < 4) {
            fault(r, "its DT_GNU_HASH is cut short");
            return symbol;
        }
        for (ssize_t i = 0; i + 4 <= n; i += 4, symbol++) {
            if ((word32(r, chunk + i) & 1) != 0) {
                return symbol + 1;
            }
        }
    }
    return symbol;
}

/* Where nothing is hashed, linkers do not say how many symbols are needed. What they lay behind the
 * table ends it. */
static uint64_t count_by_layout(const struct reader *r, const struct ig_dynamic *d)
{
    const uint64_t others[] = {d->strtab, d->versym, d->hash, d->gnu_hash, d->verneed, d->verdef};
    uint64_t end = UINT64_MAX;
    for (size_t i = 0; i < IG_COUNT(others); i++) {
        end = others[i] > d->symtab && others[i] < end ? others[i] : end;
    }
    size_t entry = r->view.word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    return end != UINT64_MAX ? (end - d->symtab) / entry : 0;
}

/* nbuckets, the first symbol that is hashed, words of the bloom filter, its shift; then these.
 * Symbols that are needed come before the hashed ones. */
static uint64_t count_by_gnu_hash(struct reader *r, const struct ig_dynamic *d)
{
    uint64_t addr = d->gnu_hash;
    uint8_t header[16];
    if (!read_all(r, addr, header, sizeof header)) {
        fault(r, "its DT_GNU_HASH is cut short");
        return 0;
    }
    uint32_t buckets = word32(r, header);
    uint32_t hashed = word32(r, header + 4);
    uint64_t at = addr + sizeof header + (uint64_t)word32(r, header + 8) * r->view.word;
    uint64_t highest = highest_bucket(r, at, buckets);
    if (highest < hashed) {
        uint64_t count = count_by_layout(r, d);
        return count > hashed ? count : hashed;
    }
    return chain_end(r, at + (uint64_t)buckets * 4 + (highest - hashed) * 4, highest);
}

static bool read_strings(struct reader *r, const struct ig_dynamic *d)
{
    uint64_t offset;
    uint64_t left;
    if (!ig_view_offset(&r->view, d->strtab, &offset, &left)) {
        fault(r, "its dynamic string table lies in no loaded segment");
        return false;
    }
    size_t size = left < STRINGS_MAX ? (size_t)left : STRINGS_MAX;
    size = d->strsz != 0 && d->strsz < size ? (size_t)d->strsz : size;
    r->out->strings = ig_alloc(size + 1);
    ssize_t n = ig_view_read(&r->view, d->strtab, r->out->strings, size);
    r->error = n < 0 ? errno : r->error;
    r->string_size = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static const char *string_at(const struct reader *r, uint32_t at)
{
    return at < r->string_size ? r->out->strings + at : NULL;
}

static void take_version(void *context, uint16_t index, uint32_t name)
{
    struct reader *r = context;
    r->versions[index & VERSION_MASK] = string_at(r, name);
}

/* Elf64_Sym: st_name, st_info, st_other, st_shndx, st_value, st_size; Elf32_Sym has st_info behind
 * st_size. */
static void take_symbol(struct reader *r, const uint8_t *p, uint16_t version)
{
    bool wide = r->view.word == 8;
    unsigned bind = ELF64_ST_BIND(p[wide ? 4 : 12]);
    const char *name = string_at(r, word32(r, p));
    if (name == NULL) {
        fault(r, "the name of a symbol lies outside the string table");
        return;
    }
    if (name[0] == '\0' || (bind != STB_GLOBAL && bind != STB_WEAK && bind != STB_GNU_UNIQUE)) {
        return;
    }
    uint16_t index = version & VERSION_MASK;
    r->out->list[r->out->count++] = (struct ig_symbol){
        .name = name,
        .version = index > VER_NDX_GLOBAL && r->versions != NULL ? r->versions[index] : NULL,
        .defined = ig_view_uint(r->view.big, p + (wide ? 6 : 14), 2) != SHN_UNDEF,
        .weak = bind == STB_WEAK,
    };
}

static void read_symbols(struct reader *r, const struct ig_dynamic *d, size_t count)
{
    uint8_t chunk[CHUNK];
    uint8_t versions[CHUNK];
    size_t entry = r->view.word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    /* The first symbol is none. */
    for (size_t done = 1; done < count && r->error == 0;) {
        size_t n = count - done < CHUNK / entry ? count - done : CHUNK / entry;
        if (!read_all(r, d->symtab + done * entry, chunk, n * entry)) {
            fault(r, "its dynamic symbol table is cut short");
            return;
        }
        if (d->versym != 0 && !read_all(r, d->versym + done * 2, versions, n * 2)) {
            fault(r, "its table of symbol versions (DT_VERSYM) is cut short");
            return;
        }
        for (size_t i = 0; i < n; i++) {
            uint64_t version = d->versym != 0 ? ig_view_uint(r->view.big, versions + i * 2, 2) : 0;
            take_symbol(r, chunk + i * entry, (uint16_t)version);
        }
        done += n;
    }
}

static int read_table(struct reader *r, const struct ig_dynamic *d, struct ig_error *e)
{
    uint64_t count = d->hash != 0       ? count_by_hash(r, d->hash)
                     : d->gnu_hash != 0 ? count_by_gnu_hash(r, d)
                                        : count_by_layout(r, d);
    if (count > SYMBOLS_MAX) {
        fault(r, "it has more dynamic symbols than initgate reads");
        count = SYMBOLS_MAX;
    }
    if (d->symtab == 0 || count == 0 || !read_strings(r, d)) {
        return 0;
    }
    r->out->list = ig_alloc_array((size_t)count, sizeof *r->out->list);
    if (d->versym != 0) {
        r->versions = ig_alloc_array(VERSION_MASK + 1, sizeof *r->versions);
        if (ig_versions_visit(r->view.from, r->view.image, d, take_version, r, e) != 0) {
            return -1;
        }
    }
    read_symbols(r, d, (size_t)count);
    return 0;
}

int ig_symbols_parse(const struct ig_bytes *from, const struct ig_image *image,
                     const struct ig_dynamic *dynamic, struct ig_symbols *out, char **fault_text,
                     struct ig_error *e)
{
    struct reader r = {.out = out};
    *out = (struct ig_symbols){0};
    *fault_text = NULL;
    if (!dynamic->present || !ig_view_open(&r.view, from, image)) {
        return 0;
    }
    int status = read_table(&r, dynamic, e);
    if (status == 0 && r.error != 0) {
        status = ig_error_set(e, r.error, "cannot read the dynamic symbols");
    }
    free(r.versions);
    if (status != 0) {
        ig_symbols_free(out);
    } else if (r.fault != NULL) {
        *fault_text = ig_strdup(r.fault);
    }
    return status;
}

void ig_symbols_free(struct ig_symbols *symbols)
{
    free(symbols->list);
    free(symbols->strings);
    *symbols = (struct ig_symbols){0};
}
