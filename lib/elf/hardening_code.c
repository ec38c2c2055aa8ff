/* SPDX-License-Identifier: Apache-2.0 */
/* The stack protector of programs that have no dynamic symbols to tell it by. */
#include <elf.h>
#include <string.h>

#include "core/mem.h"
#include "elf/hardening_priv.h"
#include "elf/image_priv.h"

/* OVERLAP: no pattern is longer, so none is missed between two pieces. */
enum { PIECE = 64 << 10, OVERLAP = 32, SECTIONS_MAX = 65536 };

/* What is looked for: TEXT, and where BEFORE is given, that it accepts the bytes before. */
struct pattern {
    const char *text;
    size_t size;
    bool (*before)(const uint8_t *p, size_t have);
};

static bool is_load(uint8_t opcode)
{
    return opcode == 0x8b || opcode == 0x2b || opcode == 0x33 || opcode == 0x3b;
}

/* mov, sub, xor or cmp of %fs:0x28 and a 64-bit register; a store would be opcode 0x89. */
static bool loads_guard_64(const uint8_t *p, size_t have)
{
    return have >= 4 && p[-4] == 0x64 && (p[-3] == 0x48 || p[-3] == 0x4c) && is_load(p[-2]) &&
           (p[-1] & 0xc7) == 0x04;
}

/* The same of %gs:0x14. */
static bool loads_guard_32(const uint8_t *p, size_t have)
{
    return (have >= 3 && p[-3] == 0x65 && is_load(p[-2]) && (p[-1] & 0xc7) == 0x05) ||
           (have >= 2 && p[-2] == 0x65 && p[-1] == 0xa1);
}

static const struct pattern guard_64 = {"\x25\x28\0\0\0", 5, loads_guard_64};
static const struct pattern guard_32 = {"\x14\0\0\0", 4, loads_guard_32};
/* Behind whatever: linkers let names share their ends. */
static const struct pattern symbol = {"__stack_chk_fail", sizeof "__stack_chk_fail", NULL};

static bool in_piece(const struct pattern *pattern, const uint8_t *piece, size_t size)
{
    const uint8_t *at = piece;
    while ((at = memmem(at, size - (size_t)(at - piece), pattern->text, pattern->size)) != NULL) {
        if (pattern->before == NULL || pattern->before(at, (size_t)(at - piece))) {
            return true;
        }
        at++;
    }
    return false;
}

/* 1 where FILESZ bytes from OFFSET on have PATTERN, 0 where not; -1 with errno. Takes what it reads
 * from *BUDGET: segments and sections of a hostile file overlap. */
static int in_range(const struct ig_view *view, uint64_t offset, uint64_t filesz,
                    const struct pattern *pattern, uint64_t *budget)
{
    IG_AUTO_FREE uint8_t *piece = ig_alloc(OVERLAP + PIECE);
    size_t kept = 0;
    while (filesz > 0 && *budget > 0) {
        size_t size = filesz < PIECE ? (size_t)filesz : PIECE;
        ssize_t n = ig_bytes_read_at(view->from, piece + kept, size, offset);
        if (n < 0) {
            return -1;
        }
        size_t have = kept + (size_t)n;
        if (in_piece(pattern, piece, have)) {
            return 1;
        }
        if ((size_t)n < size) {
            return 0;
        }
        kept = have < OVERLAP ? have : OVERLAP;
        memmove(piece, piece + have - kept, kept);
        offset += size;
        filesz -= size;
        *budget -= *budget < size ? *budget : size;
    }
    return 0;
}

static int in_code(const struct ig_view *view, const struct pattern *pattern)
{
    uint64_t budget = view->from->size;
    for (size_t i = 0; i < view->image->segment_count; i++) {
        const struct ig_segment *s = &view->image->segments[i];
        if (s->type == PT_LOAD && (s->flags & PF_X) != 0) {
            int found = in_range(view, s->offset, s->filesz, pattern, &budget);
            if (found != 0) {
                return found;
            }
        }
    }
    return 0;
}

/* One section header; the kinds differ in size only. */
struct section {
    uint32_t type, link;
    uint64_t offset, size;
};

#define TAKE_SECTION(kind, view, p, section) \
    do { \
        (section)->type = (uint32_t)ig_view_uint((view)->big, (p) + offsetof(kind, sh_type), 4); \
        (section)->link = (uint32_t)ig_view_uint((view)->big, (p) + offsetof(kind, sh_link), 4); \
        (section)->offset = ig_view_word((view), (p) + offsetof(kind, sh_offset)); \
        (section)->size = ig_view_word((view), (p) + offsetof(kind, sh_size)); \
    } while (0)

/* 1, or 0 where the file has no such section header; -1 with errno. */
static int read_section(const struct ig_view *view, uint64_t table, uint64_t index,
                        struct section *out)
{
    uint8_t header[sizeof(Elf64_Shdr)];
    size_t size = view->word == 8 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    uint64_t offset;
    if (__builtin_add_overflow(table, index * size, &offset)) {
        return 0;
    }
    ssize_t n = ig_bytes_read_at(view->from, header, size, offset);
    if (n < 0 || (size_t)n != size) {
        return n < 0 ? -1 : 0;
    }
    if (view->word == 8) {
        TAKE_SECTION(Elf64_Shdr, view, header, out);
    } else {
        TAKE_SECTION(Elf32_Shdr, view, header, out);
    }
    return 1;
}

/* The names of the symbol table. 1, 0 where it was stripped, -1 with errno. */
static int find_names(const struct ig_view *view, struct section *names)
{
    uint8_t head[sizeof(Elf64_Ehdr)];
    bool wide = view->word == 8;
    ssize_t n = ig_bytes_read_at(view->from, head, sizeof head, 0);
    if (n < (ssize_t)sizeof head) {
        return n < 0 ? -1 : 0;
    }
    uint64_t table = ig_view_word(view, head + (wide ? offsetof(Elf64_Ehdr, e_shoff)
                                                     : offsetof(Elf32_Ehdr, e_shoff)));
    uint64_t count = ig_view_uint(view->big, head + (wide ? offsetof(Elf64_Ehdr, e_shnum)
                                                          : offsetof(Elf32_Ehdr, e_shnum)), 2);
    struct section section;
    for (uint64_t i = 0; table != 0 && i < count && i < SECTIONS_MAX; i++) {
        int found = read_section(view, table, i, &section);
        if (found != 1) {
            return found;
        }
        if (section.type == SHT_SYMTAB) {
            return read_section(view, table, section.link, names);
        }
    }
    return 0;
}

int ig_hardening_static_protector(const struct ig_view *view, struct ig_hardening *h)
{
    uint16_t machine = view->image->e_machine;
    const struct pattern *guard = machine == EM_X86_64 && view->word == 8 ? &guard_64
                                  : machine == EM_386                     ? &guard_32
                                                                          : NULL;
    struct section names = {0};
    uint64_t budget = view->from->size;
    int known = guard != NULL ? 1 : find_names(view, &names);
    int found = known != 1      ? known
                : guard != NULL ? in_code(view, guard)
                                : in_range(view, names.offset, names.size, &symbol, &budget);
    if (known == 0) {
        h->stack_protector = IG_ANSWER_UNKNOWN;
        h->protector_why = "it is static, and its symbol table was stripped";
        return 0;
    }
    h->stack_protector = found == 1 ? IG_ANSWER_YES : IG_ANSWER_NO;
    return found < 0 ? -1 : 0;
}
