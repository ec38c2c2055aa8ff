/* SPDX-License-Identifier: Apache-2.0 */
/* The files of ig_files; for the resolvers of lib/elf alone. */
#ifndef IG_ELF_FILES_H
#define IG_ELF_FILES_H

#include "elf/dirs.h"
#include "elf/ldcache.h"
#include "elf/loader.h"
#include "elf/resolve.h"

/* The file at the end of WALK (which succeeded), parsed once. FD: open for reading, or -1. Borrowed
 * from FILES. */
const struct ig_file *ig_files_get(struct ig_files *files, const struct ig_walk *walk, int fd);
/* Fill FILE from the end of WALK; its fit was IG_FIT_YES. What it points to lies in MEMORY. */
void ig_file_read(struct ig_file *file, const struct ig_walk *walk, int fd,
                  struct ig_arena *memory);
void ig_file_bad(struct ig_file *file, enum ig_fit fit, const char *text);
/* FILE as a loader of PROGRAM judges it: class, byte order and machine come first. */
const struct ig_file *ig_file_for(const struct ig_file *file, const struct ig_image *program);

/* As ig_files_locate(), but ENOMEM where FILES are full. COST: see dirs.h. */
const struct ig_located *ig_files_look_for(struct ig_files *files, const struct ig_fsroot *root,
                                           const char *path, uint64_t *cost, int *number);

/* A loader as programs name it. */
struct ig_known_loader {
    struct ig_loader loader;
    const struct ig_located *located;  /* NULL where it is not there */
    const struct ig_file *file;        /* NULL where it is not there or is none for PROGRAM */
};

/* What is at PATH in ROOT, read once. NULL where it could not be read (errno in E). Borrowed. */
const struct ig_known_loader *ig_files_loader(struct ig_files *files, const struct ig_fsroot *root,
                                              const char *path, const struct ig_image *program,
                                              struct ig_error *e);

struct ig_known_cache {
    const struct ig_located *located;  /* NULL where there is none */
    int number;                        /* errno where the gate could not read it, else 0 (EFBIG:
                                          larger than what is read) */
    struct ig_ldcache cache;           /* without entries where a loader would pass it over */
};

/* ROOT's ld.so.cache, read once. Borrowed. */
const struct ig_known_cache *ig_files_ldcache(struct ig_files *files,
                                              const struct ig_fsroot *root);

struct ig_dirs *ig_files_dirs(struct ig_files *files);

/* Does errno NUMBER of looking for a file say that anybody else would find none either? */
bool ig_absence(int number);

/* Close a walk's descriptors, keep its hops: a program may have more libraries than descriptors. */
void ig_walk_close(struct ig_walk *walk);

#endif
