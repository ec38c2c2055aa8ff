/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of one root that were walked to so far: a loader looks for a hundred libraries in
 * one of them. For any number of threads. For lib/elf alone. */
#ifndef IG_ELF_DIRS_H
#define IG_ELF_DIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "fsroot/fsroot.h"

struct ig_dirs;
/* FLAGS: IG_WALK_BARE where all walks have it. */
struct ig_dirs *ig_dirs_new(unsigned flags);
void ig_dirs_free(struct ig_dirs *dirs);

/* As ig_fsroot_walk() of the absolute PATH, with its FLAGS; the directories that lead there are
 * walked once. A walk that fails has no hops. *COST grows by about one for each look into a directory
 * that is known, more for others. MEMORY: where a walk with flags 0 may put its hops and texts, with
 * OUT->fd open for reading then (OUT->shared says whether it did); or NULL. */
int ig_dirs_walk(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                 unsigned flags, uint64_t *cost, struct ig_arena *memory, struct ig_walk *out);

/* Does the absolute PATH still lead to the file that it led to in BEFORE, a walk that succeeded, and
 * was that not changed since? */
bool ig_dirs_unchanged(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                       const struct ig_walk *before);

/* Is PATH a directory? 0, or the errno of walking to it. */
int ig_dirs_is_dir(struct ig_dirs *dirs, const struct ig_fsroot *root, const char *path,
                   uint64_t *cost);

/* No more are kept: those to come are walked to each time. */
bool ig_dirs_full(struct ig_dirs *dirs);

#endif
