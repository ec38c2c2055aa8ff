/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ELF file shows of how it was hardened: by the compiler, the assembler
 * and the linker. Facts, no verdicts. Sources: gABI chapter 5; fs/binfmt_elf.c
 * and arch/x86/include/asm/elf.h (stack); x86-64 psABI and "ELF for the Arm
 * 64-bit Architecture" (property notes); glibc debug/ (FORTIFY).
 */
#ifndef IG_ELF_HARDENING_H
#define IG_ELF_HARDENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "elf/image.h"

enum ig_pie {
    IG_PIE_NONE,     /* ET_EXEC: always at the same address */
    IG_PIE_DYNAMIC,  /* ET_DYN, a program with a loader */
    IG_PIE_STATIC,   /* ET_DYN, a program that relocates itself (static-pie) */
    IG_PIE_LIBRARY,  /* ET_DYN and no program (a loader is none either); position-independent too */
};

enum ig_relro {
    IG_RELRO_NONE,
    IG_RELRO_PARTIAL,  /* PT_GNU_RELRO alone: addresses of lazily bound functions stay writable */
    IG_RELRO_FULL,     /* and everything is bound at the start */
};

enum ig_answer { IG_ANSWER_UNKNOWN, IG_ANSWER_NO, IG_ANSWER_YES };

struct ig_hardening {
    bool known;               /* false: no ELF, or without program headers; all else is zero then */
    char *fault;              /* why the dynamic section could not be read whole, so that flags and
                                 paths may be missing; owned; NULL where it could */
    enum ig_pie pie;
    enum ig_relro relro;
    bool bind_now;            /* also where there is no dynamic section: nothing is bound lazily */
    bool executable_stack;    /* by PT_GNU_STACK, or by its absence (but on AArch64) */
    bool stack_marked;        /* has a PT_GNU_STACK */
    size_t wx_count;          /* PT_LOAD segments that are writable and executable */
    bool textrel;
    char *rpath, *runpath;    /* owned, not escaped; NULL where there is none */
    enum ig_answer stack_protector;
    enum ig_answer fortify;   /* YES also where nothing is used that could be fortified */
    size_t fortified_count;   /* functions named __*_chk that are used */
    char **unfortified;       /* functions that have such a form and are used without, each once;
                                 owned */
    size_t unfortified_count;
    /* Of UNKNOWN answers: the end of a sentence; static; else NULL. */
    const char *protector_why, *fortify_why;
    bool is_x86, is_aarch64;  /* whose notes these are: */
    bool ibt, shstk;          /* CET, x86 */
    bool bti, pac;            /* AArch64 */
};

/* Look at all of it. -1 only where reading failed (errno in E; OUT is empty then). Of a static x86
 * program the code is read, up to the size of the file. */
int ig_hardening_parse(const struct ig_bytes *from, const struct ig_image *image,
                       struct ig_hardening *out, struct ig_error *e);
void ig_hardening_free(struct ig_hardening *h);

/* Why a loader that takes PATH as DT_RPATH or DT_RUNPATH may load what others put there, whoever
 * owns the folders it names: the end of a sentence, malloc'd; NULL where it is safe. SET_ID: the
 * program is set-user-id or set-group-id. */
char *ig_search_path_fault(const char *path, bool set_id);

/* "no", "pie", "static-pie", "library"; "none", "partial", "full"; "unknown", "no", "yes". */
const char *ig_pie_name(enum ig_pie pie);
const char *ig_relro_name(enum ig_relro relro);
const char *ig_answer_name(enum ig_answer answer);

#endif
