/* SPDX-License-Identifier: Apache-2.0 */
/* The files of ig_files; for the resolvers of lib/elf alone. */
#ifndef IG_ELF_FILES_H
#define IG_ELF_FILES_H

#include "elf/ldcache.h"
#include "elf/loader.h"
#include "elf/resolve.h"

/* The file at the end of WALK (which succeeded), parsed once; judged against PROGRAM's class, byte
 * order and machine. Borrowed from FILES. */
const struct ig_file *ig_files_get(struct ig_files *files, const struct ig_walk *walk,
                                   const struct ig_image *program);

/* A loader as programs name it, and its file: NULL where it is not there or is none for PROGRAM. */
struct ig_known_loader {
    struct ig_loader loader;
    const struct ig_file *file;
};

/* What is at PATH in ROOT, read once. NULL where it could not be read (errno in E). Borrowed. */
const struct ig_known_loader *ig_files_loader(struct ig_files *files, const struct ig_fsroot *root,
                                              const char *path, const struct ig_image *program,
                                              struct ig_error *e);

/* ROOT's ld.so.cache, read once; without entries where there is none or a loader would pass it
 * over. NULL where the gate could not read it (errno in E; EFBIG: larger than what is read).
 * Borrowed. */
const struct ig_ldcache *ig_files_ldcache(struct ig_files *files, const struct ig_fsroot *root,
                                          struct ig_error *e);

/* As ig_fsroot_walk() of the absolute PATH; the directories that lead there are walked once. A walk
 * that fails has no hops. */
int ig_files_walk(struct ig_files *files, const struct ig_fsroot *root, const char *path,
                  struct ig_walk *out);
/* Is PATH a directory? 0, or the errno of walking to it. */
int ig_files_is_dir(struct ig_files *files, const struct ig_fsroot *root, const char *path);

/* Does errno NUMBER of looking for a file say that anybody else would find none either? */
bool ig_absence(int number);

/* What these two have cost so far: about one for each look into a directory that is known, more for
 * others. */
uint64_t ig_files_cost(const struct ig_files *files);

/* Close a walk's descriptors, keep its hops: a program may have more libraries than descriptors. */
void ig_walk_close(struct ig_walk *walk);

#endif
