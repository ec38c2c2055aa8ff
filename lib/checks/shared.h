/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The libraries that the subjects of one run have in common, opened and parsed once for all of them
 * and looked at again once, when the last of them is done. In batches, so that memory and
 * descriptors stay within bounds however many subjects there are.
 */
#ifndef IG_CHECKS_SHARED_H
#define IG_CHECKS_SHARED_H

#include <stddef.h>
#include <stdint.h>

#include "elf/resolve.h"

struct ig_shared;
struct ig_batch;

/* What one subject has of it. */
struct ig_uses {
    struct ig_files *files;  /* borrowed */
    struct ig_batch *batch;  /* which they are of */
    uint32_t *list;          /* indices of what the subject's results rest on */
    size_t count;
};
void ig_uses_add(struct ig_uses *uses, const struct ig_located *located);  /* NULL: nothing */

/* CHANGED is called for each subject that used PATH, which changed since it was read: what passed
 * by it is worth nothing. Thread-safe, as are begin and end. */
struct ig_shared *ig_shared_new(const struct ig_fsroot *root,
                                void (*changed)(void *context, size_t subject, const char *path),
                                void *context);
/* For one subject, which takes it back once it holds nothing of the files any more. */
void ig_shared_begin(struct ig_shared *shared, struct ig_uses *uses);
void ig_shared_end(struct ig_shared *shared, size_t subject, struct ig_uses *uses);
/* All subjects are done: look at what they used. */
void ig_shared_finish(struct ig_shared *shared);

#endif
