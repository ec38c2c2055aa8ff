/* SPDX-License-Identifier: Apache-2.0 */
/* A 64-bit little-endian ELF program in memory, with one writable segment that tests fill. */
#ifndef IG_TEST_GO_PROGRAM_H
#define IG_TEST_GO_PROGRAM_H

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "elf/image.h"

enum { GO_DATA = 4096, GO_SIZE = 128 * 1024 };
static const uint64_t go_address = 0x500000;

struct go_program {
    uint8_t file[GO_SIZE];
    size_t used;  /* of the data; the segment ends there */
};

static inline uint64_t go_here(const struct go_program *p)
{
    return go_address + p->used;
}

static inline uint64_t go_add(struct go_program *p, const void *data, size_t size)
{
    uint64_t at = go_here(p);
    memcpy(p->file + GO_DATA + p->used, data, size);
    p->used += size;
    return at;
}

static inline void go_align(struct go_program *p, size_t align)
{
    p->used = (p->used + align - 1) / align * align;
}

static inline void go_word(struct go_program *p, uint64_t value)
{
    go_add(p, &value, sizeof value);
}

/* The finished program, parsed. */
static inline struct ig_bytes go_finish(struct go_program *p, struct ig_image *image)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)p->file;
    Elf64_Phdr *segment = (Elf64_Phdr *)(void *)(p->file + sizeof *header);
    *header = (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
        .e_phoff = sizeof *header, .e_ehsize = sizeof *header, .e_phentsize = sizeof *segment,
        .e_phnum = 1};
    *segment = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = GO_DATA,
                            .p_vaddr = go_address, .p_paddr = go_address, .p_filesz = p->used,
                            .p_memsz = p->used, .p_align = 4096};
    struct ig_bytes bytes = ig_bytes_of_memory(p->file, GO_DATA + p->used);
    ck_assert_int_eq(ig_image_parse(&bytes, image, NULL), 0);
    return bytes;
}

/* A file that cannot be read behind its headers. */
static inline ssize_t go_read_fails(const struct ig_bytes *from, void *buf, size_t size,
                                    uint64_t offset)
{
    if (offset >= GO_DATA) {
        errno = EIO;
        return -1;
    }
    memcpy(buf, from->data + offset, size);
    return (ssize_t)size;
}

#endif
