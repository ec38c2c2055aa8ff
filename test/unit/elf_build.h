/* SPDX-License-Identifier: Apache-2.0 */
/* ELF programs made in memory, of either class and byte order. */
#ifndef IG_TEST_ELF_BUILD_H
#define IG_TEST_ELF_BUILD_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

#include "elf/image.h"

enum { ELF_SIZE = 0x3000, ELF_INTERP_AT = 0x800, ELF_SEGMENTS = 4 };
#define ELF_LOADER "/lib64/ld.so"

struct elf_spec {
    uint8_t e_class, e_data;
    uint16_t type, machine;
    uint64_t entry, phoff;
    uint16_t phentsize, phnum;
    struct ig_segment segments[ELF_SEGMENTS];
};

/* A dynamic program that would start: PT_INTERP, code, data with zeroed memory, and a note. */
static inline struct elf_spec elf_healthy(uint8_t e_class, uint8_t e_data, uint16_t machine)
{
    size_t header = e_class == ELFCLASS64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    size_t entry = e_class == ELFCLASS64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    return (struct elf_spec){
        .e_class = e_class, .e_data = e_data, .type = ET_DYN, .machine = machine, .entry = 0x1000,
        .phoff = header, .phentsize = (uint16_t)entry, .phnum = ELF_SEGMENTS,
        .segments = {
            {.type = PT_INTERP, .flags = PF_R, .offset = ELF_INTERP_AT, .vaddr = ELF_INTERP_AT,
             .filesz = sizeof ELF_LOADER, .memsz = sizeof ELF_LOADER, .align = 1},
            {.type = PT_LOAD, .flags = PF_R | PF_X, .offset = 0, .vaddr = 0, .filesz = 0x2000,
             .memsz = 0x2000, .align = 0x1000},
            {.type = PT_LOAD, .flags = PF_R | PF_W, .offset = 0x2000, .vaddr = 0x3000,
             .filesz = 0x1000, .memsz = 0x5000, .align = 0x1000},
            {.type = PT_NOTE, .flags = PF_R, .offset = 0x900, .vaddr = 0x900, .filesz = 0x20,
             .memsz = 0x20, .align = 4},
        },
    };
}

struct elf_writer {
    uint8_t *at;
    uint8_t e_class, e_data;
};

static inline void elf_put(struct elf_writer *w, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        unsigned byte = w->e_data == ELFDATA2MSB ? size - 1 - i : i;
        *w->at++ = (uint8_t)(value >> 8 * byte);
    }
}

/* Elf32_Addr or Elf64_Addr; offsets and sizes of program headers have the same width. */
static inline void elf_put_word(struct elf_writer *w, uint64_t value)
{
    elf_put(w, value, w->e_class == ELFCLASS64 ? 8 : 4);
}

static inline void elf_put_segment(struct elf_writer *w, const struct ig_segment *s)
{
    elf_put(w, s->type, 4);
    if (w->e_class == ELFCLASS64) {
        elf_put(w, s->flags, 4);
    }
    elf_put_word(w, s->offset);
    elf_put_word(w, s->vaddr);
    elf_put_word(w, s->vaddr);
    elf_put_word(w, s->filesz);
    elf_put_word(w, s->memsz);
    if (w->e_class == ELFCLASS32) {
        elf_put(w, s->flags, 4);
    }
    elf_put_word(w, s->align);
}

/* Into OUT, which has ELF_SIZE bytes; the program headers go behind the header, whatever phoff
 * says. */
static inline void elf_write(const struct elf_spec *spec, uint8_t *out)
{
    struct elf_writer w = {.at = out, .e_class = spec->e_class, .e_data = spec->e_data};
    memset(out, 0, ELF_SIZE);
    memcpy(w.at, ELFMAG, SELFMAG);
    out[EI_CLASS] = spec->e_class;
    out[EI_DATA] = spec->e_data;
    out[EI_VERSION] = EV_CURRENT;
    w.at = out + EI_NIDENT;
    elf_put(&w, spec->type, 2);
    elf_put(&w, spec->machine, 2);
    elf_put(&w, EV_CURRENT, 4);
    elf_put_word(&w, spec->entry);
    elf_put_word(&w, spec->phoff);
    elf_put_word(&w, 0);
    elf_put(&w, 0, 4);
    elf_put(&w, spec->e_class == ELFCLASS64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), 2);
    elf_put(&w, spec->phentsize, 2);
    elf_put(&w, spec->phnum, 2);
    elf_put(&w, 0, 6);
    for (size_t i = 0; i < ELF_SEGMENTS; i++) {
        elf_put_segment(&w, &spec->segments[i]);
    }
    memcpy(out + ELF_INTERP_AT, ELF_LOADER, sizeof ELF_LOADER);
}

#endif
