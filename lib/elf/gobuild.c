/* SPDX-License-Identifier: Apache-2.0 */
/* Go: src/debug/buildinfo/buildinfo.go readRawBuildInfo(). */
#include "elf/gobuild.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/gobuild_priv.h"
#include "elf/reloc.h"
#include "elf/view.h"

enum {
    HEADER = 32,         /* the mark, pointer size, flags, two pointers */
    ALIGN = 16,
    PIECE = 32 * 1024,
    VERSION_MAX = 4096,
    TEXT_MAX = 4 << 20,
    FRAME = 16,          /* cmd/go's infoStart and infoEnd around the module text */
    VARINT_MAX = 10,
};

enum { FLAG_BIG = 1, FLAG_INLINE = 2 };

static const char mark[] = "\xff Go buildinf:";

struct range {
    uint64_t addr, size;
};

/* One of the two texts of the build info. */
struct text {
    char *at;  /* NULL where it is malformed; a NUL follows it; owned */
    size_t length;
};

/* Section headers: what is needed of them, of either class. */
struct section {
    uint32_t name;
    uint64_t addr, offset, size;
};

struct sections {
    const struct ig_view *view;
    uint64_t offset;
    unsigned entry, count, names;
};

/* The section that holds the names of sections; most are no longer than what START keeps. */
struct names {
    const struct ig_view *view;
    struct section section;
    char start[1024];
    size_t length;  /* bytes of START */
};

static ssize_t read_file(const struct ig_view *view, void *buf, size_t size, uint64_t offset)
{
    if (offset > (uint64_t)INT64_MAX - size) {
        return 0;
    }
    return view->from->read(view->from, buf, size, offset);
}

/* 1, or 0 where the file has no usable section headers, or -1 with errno. */
static int open_sections(struct sections *s, const struct ig_view *view)
{
    uint8_t head[sizeof(Elf64_Ehdr)];
    bool wide = view->word == 8;
    size_t size = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    ssize_t n = read_file(view, head, size, 0);
    if (n < 0 || (size_t)n != size) {
        return n < 0 ? -1 : 0;
    }
    s->view = view;
    s->offset = ig_view_word(view, head + (wide ? offsetof(Elf64_Ehdr, e_shoff)
                                                : offsetof(Elf32_Ehdr, e_shoff)));
    size_t at = wide ? offsetof(Elf64_Ehdr, e_shentsize) : offsetof(Elf32_Ehdr, e_shentsize);
    s->entry = (unsigned)ig_view_uint(view->big, head + at, 2);
    s->count = (unsigned)ig_view_uint(view->big, head + at + 2, 2);
    s->names = (unsigned)ig_view_uint(view->big, head + at + 4, 2);
    return s->entry == (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) && s->names < s->count;
}

#define TAKE_SECTION(type, view, p, section) \
    do { \
        (section)->name = (uint32_t)ig_view_uint((view)->big, (p) + offsetof(type, sh_name), 4); \
        (section)->addr = ig_view_word((view), (p) + offsetof(type, sh_addr)); \
        (section)->offset = ig_view_word((view), (p) + offsetof(type, sh_offset)); \
        (section)->size = ig_view_word((view), (p) + offsetof(type, sh_size)); \
    } while (0)

static void take_section(const struct sections *s, const uint8_t *p, struct section *section)
{
    if (s->view->word == 8) {
        TAKE_SECTION(Elf64_Shdr, s->view, p, section);
    } else {
        TAKE_SECTION(Elf32_Shdr, s->view, p, section);
    }
}

/* 1 found, 0 not, -1 with errno. */
static int named(const struct names *names, uint32_t at, const char *name)
{
    char text[32];
    size_t size = strlen(name) + 1;
    if (at >= names->section.size || names->section.size - at < size ||
        names->section.offset > names->view->from->size) {
        return 0;
    }
    if (at < names->length && size <= names->length - at) {
        return memcmp(names->start + at, name, size) == 0;
    }
    ssize_t n = read_file(names->view, text, size, names->section.offset + at);
    return n < 0 ? -1 : (size_t)n == size && memcmp(text, name, size) == 0;
}

/* Bytes of the start, or -1 with errno. */
static ssize_t take_names(struct names *names)
{
    uint64_t size = names->section.size;
    if (names->section.offset > names->view->from->size) {
        return 0;
    }
    ssize_t n = read_file(names->view, names->start,
                          size < sizeof names->start ? (size_t)size : sizeof names->start,
                          names->section.offset);
    names->length = n > 0 ? (size_t)n : 0;
    return n;
}

/* Likewise; RANGE is the section ".go.buildinfo". HEADERS: are there any? */
static int find_section(const struct ig_view *view, struct range *range, bool *headers)
{
    static const char wanted[] = ".go.buildinfo";
    struct sections s;
    struct names names = {.view = view};
    struct section section;
    int result = open_sections(&s, view);
    if (result != 1) {
        return result;
    }
    size_t size = (size_t)s.entry * s.count;
    IG_AUTO_FREE uint8_t *table = ig_alloc(size);
    ssize_t n = read_file(view, table, size, s.offset);
    if (n < 0 || (size_t)n != size) {
        return n < 0 ? -1 : 0;
    }
    take_section(&s, table + (size_t)s.names * s.entry, &names.section);
    n = take_names(&names);
    if (n < 0) {
        return -1;
    }
    *headers = n > 0;
    for (unsigned i = 0; i < s.count; i++) {
        take_section(&s, table + (size_t)i * s.entry, &section);
        result = named(&names, section.name, wanted);
        if (result != 0) {
            *range = (struct range){section.addr, section.size};
            return result;
        }
    }
    return 0;
}

/* Where the mark must be: the section, or where sections are stripped, the writable data. */
static int data_range(const struct ig_view *view, enum ig_go_search search, struct range *range)
{
    bool headers = false;
    int result = find_section(view, range, &headers);
    if (result != 0 || (headers && search == IG_GO_SECTION)) {
        return result;
    }
    for (size_t i = 0; i < view->image->segment_count; i++) {
        const struct ig_segment *s = &view->image->segments[i];
        if (s->type == PT_LOAD && (s->flags & (PF_W | PF_X)) == PF_W) {
            *range = (struct range){s->vaddr, s->filesz};
            return 1;
        }
    }
    return 0;
}

/* 1 with the address of the first aligned mark, 0 where there is none, -1 with errno. */
static int find_mark(const struct ig_view *view, struct range range, uint64_t *found)
{
    uint8_t piece[PIECE];
    uint64_t skip = (ALIGN - range.addr % ALIGN) % ALIGN;
    uint64_t addr = range.addr + skip;
    uint64_t left = range.size > skip ? range.size - skip : 0;
    while (left >= HEADER) {
        ssize_t n = ig_view_read(view, addr, piece, left < PIECE ? (size_t)left : PIECE);
        if (n <= 0) {
            return (int)n;
        }
        for (size_t i = 0; i + sizeof mark - 1 <= (size_t)n; i += ALIGN) {
            /* The first byte decides nearly always, without a call. */
            if (piece[i] == (uint8_t)mark[0] && memcmp(piece + i, mark, sizeof mark - 1) == 0) {
                *found = addr + i;
                return 1;
            }
        }
        if (n < PIECE) {
            return 0;
        }
        addr += PIECE;
        left = left > PIECE ? left - PIECE : 0;
    }
    return 0;
}

static void set_fault(struct ig_go_info *out, const char *text)
{
    if (out->fault == NULL) {
        out->fault = ig_strdup(text);
    }
}

/* Where it is malformed, TEXT stays empty and OUT->fault says why. -1: errno. */
static int take_string(const struct ig_view *view, uint64_t addr, uint64_t length, uint64_t max,
                       struct ig_go_info *out, struct text *text)
{
    uint64_t offset;
    uint64_t left = 0;
    if (length != 0 && (!ig_view_offset(view, addr, &offset, &left) || left < length)) {
        set_fault(out, "a text of the Go build info lies outside of the program's data");
        return 0;
    }
    if (length > max) {
        set_fault(out, "a text of the Go build info is longer than any that Go writes");
        return 0;
    }
    IG_AUTO_FREE char *copy = ig_alloc((size_t)length + 1);
    ssize_t n = ig_view_read(view, addr, copy, (size_t)length);
    if (n < 0) {
        return -1;
    }
    if ((uint64_t)n != length) {
        set_fault(out, "a text of the Go build info lies past the end of the file");
    } else {
        *text = (struct text){IG_STEAL(copy), (size_t)length};
    }
    return 0;
}

/* encoding/binary.Uvarint(): bytes used, or 0 where it does not end or overflows. */
static size_t varint(const uint8_t *p, size_t size, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < size && i < VARINT_MAX; i++) {
        if (i == VARINT_MAX - 1 && p[i] > 1) {
            return 0;
        }
        *value |= (uint64_t)(p[i] & 0x7f) << (7 * i);
        if (p[i] < 0x80) {
            return i + 1;
        }
    }
    return 0;
}

/* Go 1.18 and later. *ADDR moves behind the string. */
static int take_inline(const struct ig_view *view, uint64_t *addr, uint64_t max,
                       struct ig_go_info *out, struct text *text)
{
    uint8_t bytes[VARINT_MAX];
    uint64_t length = 0;
    ssize_t n = ig_view_read(view, *addr, bytes, sizeof bytes);
    if (n < 0) {
        return -1;
    }
    size_t used = varint(bytes, (size_t)n, &length);
    if (used == 0) {
        set_fault(out, "the length of a text of the Go build info cannot be read");
        return 0;
    }
    int result = take_string(view, *addr + used, length, max, out, text);
    *addr += used + length;
    return result;
}

/* Before Go 1.18: the address of a Go string, which is a pointer and a length. The mark itself says
 * of which size and byte order. Unlike Go's own reader this one relocates: in a program that the C
 * linker made position-independent, the pointers in the file are zero. */
static int take_pointed(struct ig_relocs *relocs, const uint8_t *header, unsigned index,
                        uint64_t max, struct ig_go_info *out, struct text *text)
{
    unsigned word = header[14];
    bool big = (header[15] & FLAG_BIG) != 0;
    uint8_t string[16];
    if (word != 4 && word != 8) {
        set_fault(out, "the pointer size of the Go build info is neither 4 nor 8");
        return 0;
    }
    uint64_t pointer = ig_view_uint(big, header + 16 + (size_t)index * word, word);
    if (pointer == 0 && index == 1) {
        /* Built without modules. */
        *text = (struct text){ig_strdup(""), 0};
        return 0;
    }
    ssize_t n = ig_relocs_read(relocs, pointer, string, (size_t)2 * word);
    if (n < 0) {
        return -1;
    }
    if ((size_t)n != (size_t)2 * word) {
        set_fault(out, "a pointer of the Go build info leads outside of the program's data");
        return 0;
    }
    return take_string(relocs->view, ig_view_uint(big, string, word),
                       ig_view_uint(big, string + word, word), max, out, text);
}

static int take_both_pointed(struct ig_relocs *relocs, uint64_t addr, struct ig_go_info *out,
                             struct text *version, struct text *modules)
{
    uint8_t header[HEADER] = {0};
    if (ig_relocs_read(relocs, addr, header, sizeof header) < 0 ||
        take_pointed(relocs, header, 0, VERSION_MAX, out, version) != 0) {
        return -1;
    }
    return out->fault != NULL ? 0 : take_pointed(relocs, header, 1, TEXT_MAX, out, modules);
}

static int take_texts(const struct ig_view *view, uint64_t addr, struct ig_go_info *out,
                      struct text *version, struct text *modules)
{
    struct ig_relocs relocs;
    uint8_t header[HEADER] = {0};
    ssize_t n = ig_view_read(view, addr, header, sizeof header);
    if (n < 0) {
        return -1;
    }
    if (n != HEADER) {
        set_fault(out, "the Go build info is cut short");
        return 0;
    }
    if ((header[15] & FLAG_INLINE) != 0) {
        addr += HEADER;
        int result = take_inline(view, &addr, VERSION_MAX, out, version);
        return result != 0 || out->fault != NULL
                   ? result
                   : take_inline(view, &addr, TEXT_MAX, out, modules);
    }
    int result = ig_relocs_open(&relocs, view);
    if (result == 0) {
        result = take_both_pointed(&relocs, addr, out, version, modules);
    }
    int number = errno;
    ig_relocs_close(&relocs);
    errno = number;
    return result;
}

static bool has_nul(const char *text, size_t length)
{
    return length != 0 && memchr(text, '\0', length) != NULL;
}

static void understand(struct ig_go_info *out, struct text *version, const struct text *modules)
{
    if (version->length == 0) {
        set_fault(out, "the Go build info names no Go version");
        return;
    }
    size_t length = modules->length;
    /* Go takes anything in another frame for no module text at all. */
    length = length > (size_t)2 * FRAME && modules->at[length - FRAME - 1] == '\n'
                 ? length - (size_t)2 * FRAME
                 : 0;
    const char *inner = length != 0 ? modules->at + FRAME : "";
    if (has_nul(version->at, version->length) || has_nul(inner, length)) {
        set_fault(out, "the Go build info holds a NUL character");
        return;
    }
    out->version = IG_STEAL(version->at);
    if (length != 0) {
        ig_go_modules_parse(inner, length, out);
    }
}

static int parse(const struct ig_view *view, enum ig_go_search search, struct ig_go_info *out)
{
    struct range range = {0};
    uint64_t addr = 0;
    int result = data_range(view, search, &range);
    if (result == 1) {
        result = find_mark(view, range, &addr);
    }
    if (result != 1) {
        return result;
    }
    struct text version = {0};
    struct text modules = {0};
    result = take_texts(view, addr, out, &version, &modules);
    if (result == 0 && out->fault == NULL) {
        understand(out, &version, &modules);
    }
    int number = errno;
    free(version.at);
    free(modules.at);
    errno = number;
    out->state = out->fault != NULL ? IG_GO_MALFORMED : IG_GO_FOUND;
    return result;
}

int ig_go_info_parse(const struct ig_bytes *from, const struct ig_image *image,
                     enum ig_go_search search, struct ig_go_info *out, struct ig_error *e)
{
    struct ig_view view;
    *out = (struct ig_go_info){.state = IG_GO_NONE};
    if (!ig_view_open(&view, from, image)) {
        return 0;
    }
    if (parse(&view, search, out) < 0) {
        int number = errno;
        ig_go_info_free(out);
        return ig_error_set(e, number, "cannot read the Go build info");
    }
    return 0;
}
