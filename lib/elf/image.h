/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ELF program as execve(2) sees it (gABI chapter 4 "ELF Header", chapter 5
 * "Program Header"; fs/binfmt_elf.c load_elf_binary()). libelf translates class
 * and byte order; which faults matter is the kernel's rule, not libelf's.
 * Input is hostile: every count and size is checked before it is used.
 */
#ifndef IG_ELF_IMAGE_H
#define IG_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"

/* Where the bytes come from: a descriptor, or memory in tests and fuzzers. */
struct ig_bytes {
    /* pread(2)'s contract: bytes read (short only at the end), or -1 with errno. */
    ssize_t (*read)(const struct ig_bytes *from, void *buf, size_t size, uint64_t offset);
    uint64_t size;         /* of the whole file */
    int fd;                /* for ig_bytes_of_fd */
    const uint8_t *data;   /* for ig_bytes_of_memory */
};
struct ig_bytes ig_bytes_of_fd(int fd, uint64_t size);
struct ig_bytes ig_bytes_of_memory(const void *data, size_t size);

/* A machine as --platform and uname(2) name it. */
struct ig_machine {
    const char *name;      /* "amd64", as in OCI platforms ("linux/amd64", "linux/arm/v7" is "arm") */
    const char *uname;     /* "x86_64" */
    uint16_t e_machine;    /* EM_X86_64 */
    uint8_t e_class;       /* ELFCLASS64 */
    uint8_t e_data;        /* ELFDATA2LSB */
    /* A second machine that the same kernel runs (i386 on amd64, arm on arm64), or EM_NONE. */
    uint16_t compat_machine;
};
/* The row for "linux/amd64" (or "amd64", or uname's word); NULL if unknown. */
const struct ig_machine *ig_machine_find(const char *platform);
/* The same of a PLATFORM that a person named, or NULL in *OUT for none. -1 where it is unknown (E
 * lists the known ones). */
int ig_machine_choose(const char *platform, const struct ig_machine **out, struct ig_error *e);
/* All rows, the last one with name NULL. */
const struct ig_machine *ig_machine_table(void);
/* "x86-64", "AArch64", ... of an EM_ value; "machine 12345" into BUF otherwise. */
const char *ig_machine_describe(uint16_t e_machine, char *buf, size_t size);

enum ig_image_kind {
    IG_IMAGE_EMPTY,    /* no byte at all */
    IG_IMAGE_SCRIPT,   /* starts with "#!" */
    IG_IMAGE_ELF,
    IG_IMAGE_OTHER,    /* neither: ENOEXEC */
};

enum ig_interp_state {
    IG_INTERP_NONE,          /* no PT_INTERP: static */
    IG_INTERP_OK,            /* readable, NUL-terminated; may still be empty or relative */
    IG_INTERP_SIZE,          /* p_filesz below 2 or above PATH_MAX (4096): ENOEXEC */
    IG_INTERP_UNTERMINATED,  /* last byte is not NUL: ENOEXEC */
    IG_INTERP_OUTSIDE,       /* lies past the end of the file: EIO (EINVAL where p_offset is negative
                                as the kernel's loff_t) */
};

struct ig_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, filesz, memsz, align;
};

/* All zero where the kind has no such thing: e_class and what follows are of IG_IMAGE_ELF. */
struct ig_image {
    enum ig_image_kind kind;
    uint64_t size;          /* of the file, bytes */
    /* Of IG_IMAGE_SCRIPT whose first line the kernel takes (fs/binfmt_script.c), else NULL: what
     * runs it, and the rest of the line, one argument (NULL for none; either may be empty). Owned,
     * not escaped. */
    char *script_interp, *script_arg;
    uint8_t e_class, e_data;      /* as in the file, also where they are no valid value */
    uint16_t e_type, e_machine;
    uint64_t entry;
    struct ig_segment *segments;  /* program headers; owned; NULL where they cannot be read */
    size_t segment_count;
    enum ig_interp_state interp_state;
    char *interp;           /* of IG_INTERP_OK; up to its first NUL; owned, not escaped */
    uint64_t interp_size;   /* p_filesz of the first PT_INTERP */
    /* Why execve would refuse the file itself, whatever the machine: errno (ENOEXEC, EIO, ...)
     * and the sentence; 0 where it would not. An unknown class or byte order counts as refused
     * (ENOEXEC), though some kernels (x86) look at e_machine only. */
    int refusal;
    char *refusal_text;     /* owned */
    /* Why a program that execve accepts is killed at once or later, e.g. "PT_LOAD 2 ends at byte
     * 9000 but the file has 4096 bytes (truncated)"; NULL where nothing is wrong. Owned. Also
     * set where refusal is: for a loader only some refusals count. */
    char *broken_text;
};

/* Parse. Returns 0 where the bytes could be read: faults of the file are in OUT
 * (kind, refusal, broken_text), not errors. -1 only where reading failed (errno in E);
 * OUT is empty then. What it reads: 256 bytes, the program headers (at most 64 KiB, the
 * kernel's own limit) and the interpreter's path (at most 4096 bytes). */
int ig_image_parse(const struct ig_bytes *from, struct ig_image *out, struct ig_error *e);
/* Does a PT_LOAD lie past the end of the file? For a library, which has no entry point and need not
 * suit execve, this is what is left of broken_text: its loader dies with SIGBUS behind the end. */
bool ig_image_cut_short(const struct ig_image *image);
/* Bytes of the largest mapping for which the kernel must promise memory when it starts IMAGE, or when
 * a loader maps it as a LIBRARY. IMAGE has no broken_text but for its entry point. Whether that
 * is too much is the node's to say: see kernel/commit.h. */
uint64_t ig_image_memory(const struct ig_image *image, bool library);
void ig_image_free(struct ig_image *image);

/* Does MACHINE's kernel take an ELF of this class, byte order and machine? */
bool ig_machine_runs(const struct ig_machine *machine, const struct ig_image *image);

/* execve gives no errno for such a loader: it kills the process with SIGSEGV, or lets it start
 * and crash. */
enum { IG_LOADER_CRASHES = -1 };

/* The same header checks for a loader (PT_INTERP): errno that execve gives for it (ELIBBAD for a
 * wrong machine, no ELF or unreadable program headers, EIO where it is too short for a header),
 * IG_LOADER_CRASHES, or 0 where it would do. PROGRAM is the ELF program that names it. TEXT (SIZE
 * bytes) receives the sentence unless it is 0. A loader's own PT_INTERP is never looked at. */
int ig_image_loader_fault(const struct ig_image *loader, const struct ig_image *program,
                          char *text, size_t size);

/* "libelf 0.192": the version libelf was built as. */
const char *ig_elf_version(void);

#endif
