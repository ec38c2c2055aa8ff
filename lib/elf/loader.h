/* SPDX-License-Identifier: Apache-2.0 */
/* What a loader's own file says of how it searches. */
#ifndef IG_ELF_LOADER_H
#define IG_ELF_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "elf/image.h"

enum ig_loader_kind {
    IG_LOADER_UNKNOWN,
    IG_LOADER_GLIBC,
    IG_LOADER_MUSL,
};

struct ig_loader {
    enum ig_loader_kind kind;
    char **system_dirs;      /* where glibc looks last, without the final slash; owned */
    size_t system_dir_count;
    char *lib;               /* what it puts for $LIB: "lib/x86_64-linux-gnu"; owned */
    unsigned minor;          /* 36 of glibc 2.36; 0 before 2.33, which does not say;
                                UINT_MAX where there is no loader */
    bool hwcaps;             /* glibc: knows glibc-hwcaps directories (2.33, or backported) */
};

/* The kind by its file name: ld-musl-ARCH.so.1, ld-linux*.so.*, ld64.so.*, ld.so.1. */
enum ig_loader_kind ig_loader_kind_of(const char *path);

/* Where the loader of IMAGE's machine usually lies, for a library (it names none): musl's where one
 * of NEEDED (COUNT names) is musl's libc, else glibc's. NULL where it is not known; into BUF. */
const char *ig_loader_guess(const struct ig_image *image, char *const *needed, size_t count,
                            char *buf, size_t size);

/* Read glibc's system directories from the loader's own constants (system_dirs in elf/dl-load.c):
 * what a distribution configured is nowhere else. Where none are found, the upstream default of
 * IMAGE's class. Its release, too, is taken from its own texts ("stable release version 2.36.").
 * LOADER: what FROM was parsed as, or NULL. -1 where reading failed; OUT is empty then. */
int ig_loader_parse(const struct ig_bytes *from, const struct ig_image *loader,
                    const struct ig_image *image, enum ig_loader_kind kind, struct ig_loader *out,
                    struct ig_error *e);
void ig_loader_free(struct ig_loader *loader);

#endif
