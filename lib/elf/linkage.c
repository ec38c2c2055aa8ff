/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/linkage.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "elf/symtab.h"
#include "elf/versions.h"

enum {
    CHUNK = 3 << 13,            /* bytes read at once: whole entries of every size */
    RELOCS_MAX = 256 << 20,     /* bytes of one table; browsers have some ten MiB */
    REFS_FIRST = 64,
};

/* A symbol that a relocation may ask for. */
struct wanted {
    uint64_t name;       /* 0: none */
    uint32_t version;
    uint32_t ref;        /* its reference, an index, once it has one */
    uint8_t flags;       /* of that; 0 before */
    bool undefined;      /* and not weak */
    bool hidden;
};

struct version {
    uint32_t hash;
    bool hidden;         /* the top bit of vna_other */
};

struct reader {
    struct ig_symtab table;
    struct ig_linkage *out;
    struct ig_error *e;
    struct version *versions;  /* by index */
    size_t version_count;
    struct wanted *wanted;     /* by symbol: as far as any may be asked for */
    size_t wanted_count, wanted_room;
    size_t room;               /* of out->refs */
    bool program;              /* only a program has COPY relocations */
    const struct reloc_types *types;  /* NULL: no reference is known */
};

/* Of a string of ig_symtab_string(), eight bytes at a time; never 0. */
static uint64_t hash_of(const char *text)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t ones = UINT64_C(0x0101010101010101);
    _Static_assert(IG_SYMTAB_BEYOND >= sizeof(uint64_t), "the last word may reach beyond the string");
    uint64_t hash = 0;
    uint64_t end;
    do {
        uint64_t word;
        memcpy(&word, text, sizeof word);
        word = le64toh(word);
        /* The lowest bit set is the top one of the first byte that is 0. */
        end = (word - ones) & ~word & ones << 7;
        word &= end != 0 ? ((end & -end) >> 7) - 1 : UINT64_MAX;
        hash = (hash ^ word) * odd;
        hash ^= hash >> 29;
        text += sizeof word;
    } while (end == 0);
    hash = (hash ^ hash >> 32) * odd;
    return hash != 0 ? hash : 1;
}

static uint32_t version_hash(const char *text)
{
    uint32_t hash = (uint32_t)(hash_of(text) >> 32);
    return hash != 0 ? hash : 1;
}

/* Types of relocations by machine: JUMP_SLOT and COPY of <elf.h>. */
struct reloc_types {
    uint16_t machine;
    uint32_t jump_slot, copy;
};

/* Those of MACHINE, or NULL. */
static const struct reloc_types *types_of(uint16_t machine)
{
    static const struct reloc_types rows[] = {
        {EM_X86_64, R_X86_64_JUMP_SLOT, R_X86_64_COPY}, {EM_386, R_386_JMP_SLOT, R_386_COPY},
        {EM_AARCH64, R_AARCH64_JUMP_SLOT, R_AARCH64_COPY}, {EM_ARM, R_ARM_JUMP_SLOT, R_ARM_COPY},
        {EM_RISCV, R_RISCV_JUMP_SLOT, R_RISCV_COPY}, {EM_S390, R_390_JMP_SLOT, R_390_COPY},
        {EM_PPC64, R_PPC64_JMP_SLOT, R_PPC64_COPY},
    };
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        if (rows[i].machine == machine) {
            return &rows[i];
        }
    }
    return NULL;
}

bool ig_linkage_knows(uint16_t machine)
{
    return types_of(machine) != NULL;
}

static void take_version(void *context, uint16_t index, uint32_t name)
{
    struct reader *r = context;
    const char *text = ig_symtab_string(&r->table, name);
    size_t number = index & IG_VERSION_MASK;
    if (text == NULL) {
        return;
    }
    if (number >= r->version_count) {
        size_t count = number + 64;
        r->versions = ig_realloc_array(r->versions, count, sizeof *r->versions);
        memset(r->versions + r->version_count, 0,
               (count - r->version_count) * sizeof *r->versions);
        r->version_count = count;
    }
    r->versions[number] = (struct version){version_hash(text), index != number};
}

/* What can satisfy anybody: do_lookup_x() passes over hidden and internal symbols, check_match()
 * over sections and files and what has no value. */
static bool is_offered(const struct reader *r, uint64_t index, const struct ig_symtab_entry *entry)
{
    const unsigned types = 1U << STT_NOTYPE | 1U << STT_OBJECT | 1U << STT_FUNC | 1U << STT_COMMON |
                           1U << STT_TLS | 1U << STT_GNU_IFUNC;
    unsigned type = ELF64_ST_TYPE(entry->info);
    unsigned visibility = ELF64_ST_VISIBILITY(entry->other);
    return index >= r->table.first_hashed && (types >> type & 1) != 0 &&
           visibility != STV_HIDDEN && visibility != STV_INTERNAL &&
           (entry->value != 0 || entry->section == SHN_ABS ||
            (type == STT_TLS && entry->section != SHN_UNDEF));
}

/* Undefined symbols are few and mostly come first. */
static void want(struct reader *r, uint64_t index, struct wanted wanted)
{
    if (index >= r->wanted_room) {
        size_t room = (size_t)index * 2 + REFS_FIRST;
        r->wanted = ig_realloc_array(r->wanted, room, sizeof *r->wanted);
        r->wanted_room = room;
    }
    memset(r->wanted + r->wanted_count, 0,
           ((size_t)index - r->wanted_count) * sizeof *r->wanted);
    r->wanted[index] = wanted;
    r->wanted_count = (size_t)index + 1;
}

static void take_symbol(void *context, uint64_t index, const struct ig_symtab_entry *entry)
{
    struct reader *r = context;
    uint16_t number = entry->version & IG_VERSION_MASK;
    uint64_t name = hash_of(entry->name);
    bool undefined = entry->section == SHN_UNDEF;
    struct version version = {0};
    if (number > VER_NDX_GLOBAL && number < r->version_count) {
        version = r->versions[number];
    }
    if (undefined ? ELF64_ST_BIND(entry->info) != STB_WEAK : r->program) {
        want(r, index, (struct wanted){.name = name, .version = version.hash,
                                       .undefined = undefined, .hidden = version.hidden});
    }
    if (is_offered(r, index, entry)) {
        uint32_t flags = (entry->version & ~(uint32_t)IG_VERSION_MASK) != 0 ? IG_DEF_HIDDEN : 0;
        flags |= number <= VER_NDX_GLOBAL + 1 ? IG_DEF_FIRST : 0;
        flags |= undefined ? IG_DEF_BY_PLT : 0;
        r->out->defs[r->out->def_count++] = (struct ig_definition){
            .name = name, .version = version.hash, .flags = flags & 0xff};
    }
}

static void add_reference(struct reader *r, uint64_t symbol, uint32_t type, bool plt)
{
    struct wanted *w = symbol < r->wanted_count ? &r->wanted[symbol] : NULL;
    uint8_t flag = type == r->types->copy              ? IG_REF_COPY
                   : plt && type == r->types->jump_slot ? IG_REF_CALL
                                                       : IG_REF_DATA;
    if (w == NULL || w->name == 0 || (!w->undefined && flag != IG_REF_COPY) ||
        (w->flags & flag) != 0) {
        return;
    }
    struct ig_linkage *out = r->out;
    if (w->flags == 0) {
        if (out->ref_count == r->room) {
            r->room = r->room != 0 ? r->room * 2 : REFS_FIRST;
            out->refs = ig_realloc_array(out->refs, r->room, sizeof *out->refs);
        }
        w->ref = (uint32_t)out->ref_count;
        out->refs[out->ref_count++] = (struct ig_reference){
            .name = w->name, .version = w->version, .symbol = (uint32_t)symbol & 0xffffff,
            .flags = w->hidden ? IG_REF_HIDDEN : 0};
    }
    w->flags |= flag;
    out->refs[w->ref].flags |= flag;
}

/* Elfxx_Rela: r_offset, r_info, r_addend; Elfxx_Rel: without the last one. */
static void take_relocs(struct reader *r, const struct ig_reloc_table *table, bool addends,
                        bool plt)
{
    uint8_t chunk[CHUNK];
    const struct ig_view *view = &r->table.view;
    size_t size = (size_t)view->word * (addends ? 3 : 2);
    uint64_t room = 0;
    uint64_t offset = 0;
    bool here = table->size != 0 && ig_view_offset(view, table->at, &offset, &room);
    uint64_t end = table->size < room ? table->size : room;
    if (table->size != 0 && (!here || end < table->size || end > RELOCS_MAX)) {
        r->table.fault = r->table.fault != NULL ? r->table.fault : "its relocations are cut short";
        end = end < RELOCS_MAX ? end : RELOCS_MAX;
    }
    uint64_t skip = table->relative < end / size ? table->relative * size : 0;
    for (uint64_t at = skip; here && at + size <= end; at += CHUNK) {
        size_t wanted = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
        ssize_t n = view->from->read(view->from, chunk, wanted, offset + at);
        if (n < 0) {
            r->table.error = errno;
            return;
        }
        if ((size_t)n < wanted && r->table.fault == NULL) {
            /* The file was cut meanwhile: what was not read is not defined. */
            r->table.fault = "its relocations are cut short";
        }
        for (size_t i = 0; i + size <= (size_t)n; i += size) {
            uint64_t info = ig_view_word(view, chunk + i + view->word);
            uint64_t symbol = info >> (view->word == 8 ? 32 : 8);
            uint32_t type = (uint32_t)(info & (view->word == 8 ? UINT32_MAX : 0xff));
            if (symbol != STN_UNDEF && type != 0) {
                add_reference(r, symbol, type, plt);
            }
        }
    }
}

static void hash_definitions(struct ig_linkage *out)
{
    out->bucket_count = 1;
    while (out->bucket_count < out->def_count) {
        out->bucket_count *= 2;
    }
    out->buckets = ig_alloc_array(out->bucket_count, sizeof *out->buckets);
    for (size_t i = 0; i < out->def_count; i++) {
        uint32_t *bucket = &out->buckets[out->defs[i].name & (out->bucket_count - 1)];
        out->defs[i].next = *bucket & 0xffffff;
        *bucket = (uint32_t)i + 1;
    }
}

static int read_versions(struct reader *r)
{
    const struct ig_dynamic *d = r->table.dynamic;
    r->out->versioned = d->versym != 0 && (d->version_need_count > 0 || d->has_verdef);
    if (d->versym == 0) {
        return 0;
    }
    return ig_versions_visit(r->table.view.from, r->table.view.image, d, take_version, r, r->e);
}

static void read_all(struct reader *r)
{
    const struct ig_dynamic *d = r->table.dynamic;
    struct ig_linkage *out = r->out;
    size_t count = (size_t)r->table.count;
    size_t hidden = r->table.first_hashed < count ? (size_t)r->table.first_hashed : count;
    out->defs = ig_alloc_array(count - hidden, sizeof *out->defs);
    ig_symtab_each(&r->table, take_symbol, r);
    if (out->def_count < (count - hidden) / 4 * 3) {
        out->defs = ig_realloc_array(out->defs, out->def_count + 1, sizeof *out->defs);
    }
    hash_definitions(out);
    if (r->types != NULL) {
        take_relocs(r, &d->rel, false, false);
        take_relocs(r, &d->rela, true, false);
        take_relocs(r, &d->jmprel, d->jmprel_has_addends, true);
    }
    out->kept = out->def_count * sizeof *out->defs + out->bucket_count * sizeof *out->buckets +
                r->room * sizeof *out->refs;
}

int ig_linkage_parse(const struct ig_bytes *from, const struct ig_image *image,
                     const struct ig_dynamic *dynamic, struct ig_symtab_room *room,
                     struct ig_linkage *out, struct ig_error *e)
{
    struct reader r = {.out = out, .e = e, .program = image->interp_state != IG_INTERP_NONE,
                       .types = types_of(image->e_machine)};
    *out = (struct ig_linkage){0};
    ig_symtab_open(&r.table, from, image, dynamic, room);
    int status = 0;
    if (r.table.count != 0) {
        status = read_versions(&r);
    }
    if (r.table.count != 0 && status == 0) {
        read_all(&r);
    }
    free(r.versions);
    free(r.wanted);
    if (status == 0 && r.table.error != 0) {
        status = ig_error_set(e, r.table.error, "cannot read the dynamic symbols");
    }
    if (status != 0) {
        ig_linkage_free(out);
    } else if (r.table.fault != NULL) {
        out->fault = ig_strdup(r.table.fault);
    }
    return status;
}

void ig_linkage_free(struct ig_linkage *linkage)
{
    free(linkage->defs);
    free(linkage->buckets);
    free(linkage->refs);
    free(linkage->fault);
    *linkage = (struct ig_linkage){0};
}

static bool version_suits(const struct ig_linkage *of, const struct ig_reference *ref,
                          const struct ig_definition *def)
{
    return !of->versioned || def->version == ref->version ||
           (def->version == 0 && (def->flags & IG_DEF_HIDDEN) == 0 &&
            (ref->flags & IG_REF_HIDDEN) == 0);
}

bool ig_linkage_defines(const struct ig_linkage *of, const struct ig_reference *ref, bool call)
{
    size_t visible = 0;
    uint32_t i = of->bucket_count != 0 ? of->buckets[ref->name & (of->bucket_count - 1)] : 0;
    for (const struct ig_definition *def; i != 0; i = def->next) {
        def = &of->defs[i - 1];
        if (def->name != ref->name || (call && (def->flags & IG_DEF_BY_PLT) != 0)) {
            continue;
        }
        if (ref->version != 0 ? version_suits(of, ref, def)
                              : !of->versioned || (def->flags & IG_DEF_FIRST) != 0) {
            return true;
        }
        visible += (def->flags & IG_DEF_HIDDEN) == 0;
    }
    /* Who names no version gets one that is not the first only where there is no choice. */
    return ref->version == 0 && visible == 1;
}

struct naming {
    uint64_t symbol;
    char *name;
};

static void take_name(void *context, uint64_t index, const struct ig_symtab_entry *entry)
{
    struct naming *naming = context;
    if (index == naming->symbol) {
        naming->name = ig_strdup(entry->name);
    }
}

char *ig_linkage_name(const struct ig_bytes *from, const struct ig_image *image,
                      const struct ig_dynamic *dynamic, uint64_t symbol)
{
    struct ig_symtab table;
    struct ig_symtab_room room = {0};
    struct naming naming = {.symbol = symbol};
    ig_symtab_open(&table, from, image, dynamic, &room);
    ig_symtab_each(&table, take_name, &naming);
    ig_symtab_room_free(&room);
    return naming.name;
}
