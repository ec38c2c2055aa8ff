/* SPDX-License-Identifier: Apache-2.0 */
/* The files of ig_files; for the resolvers of lib/elf alone. */
#ifndef IG_ELF_FILES_H
#define IG_ELF_FILES_H

#include "elf/resolve.h"

/* The file at the end of WALK (which succeeded), parsed once; judged against PROGRAM's class and
 * machine. Borrowed from FILES. */
const struct ig_file *ig_files_get(struct ig_files *files, const struct ig_walk *walk,
                                   const struct ig_image *program);

/* Close a walk's descriptors, keep its hops: a program may have more libraries than descriptors. */
void ig_walk_close(struct ig_walk *walk);

#endif
