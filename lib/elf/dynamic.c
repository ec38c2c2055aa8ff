/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/dynamic.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/image_priv.h"
#include "elf/versions.h"

/* Real ones have some hundred entries. */
enum { DYNAMIC_MAX = 1 << 20, CHUNK = 4096, FILTEES_MAX = 64 };

uint64_t ig_image_offset(const struct ig_image *image, uint64_t vaddr, uint64_t *room)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type == PT_LOAD && vaddr >= s->vaddr && vaddr - s->vaddr < s->filesz) {
            *room = s->filesz - (vaddr - s->vaddr);
            uint64_t offset;
            return __builtin_add_overflow(s->offset, vaddr - s->vaddr, &offset) ? UINT64_MAX
                                                                               : offset;
        }
    }
    *room = 0;
    return UINT64_MAX;
}

/* The tags that matter, as addresses and offsets into the string table. */
struct tags {
    uint64_t soname, rpath, runpath;
    bool has_strtab, has_soname, has_rpath, has_runpath;
    uint64_t *needed;
    size_t needed_count;
    uint64_t filtees[FILTEES_MAX];
    bool optional[FILTEES_MAX];
    size_t filtee_count;
};

static void take_tag(struct ig_dynamic *d, struct tags *t, uint64_t tag, uint64_t value)
{
    switch (tag) {
    case DT_NEEDED:
        t->needed = ig_array_room(t->needed, t->needed_count, sizeof *t->needed);
        t->needed[t->needed_count++] = value;
        break;
    case DT_FILTER:
    case DT_AUXILIARY:
        if (t->filtee_count < FILTEES_MAX) {
            t->optional[t->filtee_count] = tag == DT_AUXILIARY;
            t->filtees[t->filtee_count++] = value;
        }
        break;
    case DT_STRTAB: d->strtab = value; t->has_strtab = true; break;
    case DT_STRSZ: d->strsz = value; break;
    case DT_SYMTAB: d->symtab = value; break;
    case DT_HASH: d->hash = value; break;
    case DT_GNU_HASH: d->gnu_hash = value; break;
    case DT_RELA: d->rela.at = value; break;
    case DT_RELASZ: d->rela.size = value; break;
    case DT_RELACOUNT: d->rela.relative = value; break;
    case DT_REL: d->rel.at = value; break;
    case DT_RELSZ: d->rel.size = value; break;
    case DT_RELCOUNT: d->rel.relative = value; break;
    case DT_JMPREL: d->jmprel.at = value; break;
    case DT_PLTRELSZ: d->jmprel.size = value; break;
    case DT_PLTREL: d->jmprel_has_addends = value == DT_RELA; break;
    case DT_VERSYM: d->versym = value; break;
    case DT_VERNEED: d->verneed = value; break;
    case DT_VERDEF: d->verdef = value; d->has_verdef = true; break;
    case DT_SONAME: t->soname = value; t->has_soname = true; break;
    case DT_RPATH: t->rpath = value; t->has_rpath = true; break;
    case DT_RUNPATH: t->runpath = value; t->has_runpath = true; break;
    case DT_TEXTREL: d->textrel = true; break;
    case DT_BIND_NOW: d->bind_now = true; break;
    case DT_SYMBOLIC: d->symbolic = true; break;
    case DT_DEBUG: d->debug = true; break;
    case DT_FLAGS:
        d->flags = value;
        d->textrel |= (value & DF_TEXTREL) != 0;
        d->bind_now |= (value & DF_BIND_NOW) != 0;
        d->symbolic |= (value & DF_SYMBOLIC) != 0;
        break;
    case DT_FLAGS_1:
        d->flags_1 = value;
        d->bind_now |= (value & DF_1_NOW) != 0;
        break;
    default:
        break;
    }
}

static void fault(struct ig_dynamic *d, const char *text)
{
    if (d->fault == NULL) {
        d->fault = text;
    }
}

/* False where DT_NULL was met. */
static bool take_tags(const struct ig_image *image, const void *table, size_t size,
                      struct ig_dynamic *d, struct tags *t)
{
    bool wide = image->e_class == ELFCLASS64;
    size_t count = size / (wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn));
    for (size_t i = 0; i < count; i++) {
        uint64_t tag;
        uint64_t value;
        if (wide) {
            const Elf64_Dyn *entry = (const Elf64_Dyn *)table + i;
            tag = (uint64_t)entry->d_tag;
            value = entry->d_un.d_val;
        } else {
            const Elf32_Dyn *entry = (const Elf32_Dyn *)table + i;
            tag = (uint32_t)entry->d_tag;
            value = entry->d_un.d_val;
        }
        if (tag == DT_NULL) {
            return false;
        }
        take_tag(d, t, tag, value);
    }
    return true;
}

/* Loaders go on to DT_NULL, wherever p_filesz ends. -1 where reading failed. */
static int read_tags(const struct ig_bytes *from, const struct ig_image *image, uint64_t offset,
                     uint64_t room, struct ig_dynamic *d, struct tags *t, struct ig_error *e)
{
    _Alignas(Elf64_Dyn) char chunk[CHUNK];
    size_t entry = image->e_class == ELFCLASS64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
    room = room < DYNAMIC_MAX ? room : DYNAMIC_MAX;
    for (uint64_t done = 0; done < room; done += CHUNK) {
        size_t size = room - done < CHUNK ? (size_t)(room - done) : CHUNK;
        ssize_t n = ig_bytes_read_at(from, chunk, size, offset + done);
        if (n < 0) {
            return ig_error_set(e, errno, "cannot read the dynamic section");
        }
        size = (size_t)n / entry * entry;
        if (size == 0 || !ig_image_translate(image, ELF_T_DYN, chunk, size)) {
            break;
        }
        if (!take_tags(image, chunk, size, d, t)) {
            return 0;
        }
    }
    fault(d, "its dynamic section has no end");
    return 0;
}

/* Names are read one by one where they lie; see names.h. No loader looks at DT_STRSZ. */
static bool open_names(const struct ig_bytes *from, const struct ig_image *image,
                       const struct tags *t, struct ig_arena *memory, struct ig_dynamic *d,
                       struct ig_names *names)
{
    uint64_t room = 0;
    uint64_t offset = t->has_strtab ? ig_image_offset(image, d->strtab, &room) : UINT64_MAX;
    if (offset == UINT64_MAX) {
        fault(d, "its dynamic string table lies outside the file or is missing");
        return false;
    }
    /* Not its buffer: clearing that would cost more than reading the names. */
    names->from = from;
    names->memory = memory;
    names->offset = offset;
    names->size = room;
    names->window_at = names->window_length = names->kept = 0;
    names->error = 0;
    names->window = names->large = NULL;
    return true;
}

static char *string_at(struct ig_dynamic *d, struct ig_names *names, uint64_t at)
{
    char *name = ig_names_get(names, at);
    if (name == NULL) {
        fault(d, "a name of its dynamic section lies outside the string table or has no end");
    }
    return name;
}

static void take_names(struct ig_dynamic *d, const struct tags *t, struct ig_names *names)
{
    d->needed = ig_arena_array(names->memory, t->needed_count, sizeof *d->needed);
    for (size_t i = 0; i < t->needed_count; i++) {
        char *name = string_at(d, names, t->needed[i]);
        if (name != NULL) {
            d->needed[d->needed_count++] = name;
        }
    }
    d->filtees = ig_arena_array(names->memory, t->filtee_count, sizeof *d->filtees);
    for (size_t i = 0; i < t->filtee_count; i++) {
        char *name = string_at(d, names, t->filtees[i]);
        if (name != NULL) {
            d->filtees[d->filtee_count++] = (struct ig_filtee){name, t->optional[i]};
        }
    }
    d->soname = t->has_soname ? string_at(d, names, t->soname) : NULL;
    d->rpath = t->has_rpath ? string_at(d, names, t->rpath) : NULL;
    d->runpath = t->has_runpath ? string_at(d, names, t->runpath) : NULL;
}

static int interpret(const struct ig_bytes *from, const struct ig_image *image,
                     const struct tags *t, struct ig_arena *memory, struct ig_dynamic *d,
                     struct ig_error *e)
{
    struct ig_names names;
    if (!open_names(from, image, t, memory, d, &names)) {
        return 0;
    }
    take_names(d, t, &names);
    int status = ig_versions_parse(from, image, &names, d, e);
    ig_names_close(&names);
    return names.error == 0 ? status
                            : ig_error_set(e, names.error, "cannot read the dynamic names");
}

int ig_dynamic_parse(const struct ig_bytes *from, const struct ig_image *image,
                     struct ig_arena *memory, struct ig_dynamic *out, struct ig_error *e)
{
    const struct ig_segment *dynamic = NULL;
    *out = (struct ig_dynamic){0};
    for (size_t i = 0; i < image->segment_count; i++) {
        if (image->segments[i].type == PT_DYNAMIC) {
            dynamic = &image->segments[i];
        }
    }
    if (dynamic == NULL) {
        return 0;
    }
    out->present = true;
    /* Loaders read it at p_vaddr; p_offset only says the same in a healthy file. */
    uint64_t room = 0;
    uint64_t offset = ig_image_offset(image, dynamic->vaddr, &room);
    if (dynamic->filesz == 0) {
        /* As `objcopy --only-keep-debug` leaves it. */
        fault(out, "object file has no dynamic section");
        return 0;
    }
    if (offset == UINT64_MAX) {
        fault(out, "its dynamic section lies in no loaded segment");
        return 0;
    }
    struct tags tags = {0};
    int status = read_tags(from, image, offset, room, out, &tags, e);
    if (status == 0) {
        status = interpret(from, image, &tags, memory, out, e);
    }
    free(tags.needed);
    if (status != 0) {
        *out = (struct ig_dynamic){0};
    }
    return status;
}
