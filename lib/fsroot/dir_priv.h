/* SPDX-License-Identifier: Apache-2.0 */
/* For dir.c and dir_near.c alone. */
#ifndef IG_FSROOT_DIR_PRIV_H
#define IG_FSROOT_DIR_PRIV_H

#include "fsroot/walker.h"

struct ig_dir {
    struct ig_walk walk;  /* its hops so far, none of a bare one; no descriptors */
    struct ig_place place;
    bool arrived;
    unsigned links;
    size_t hop_paths;
};

/* Copy the hops of FROM to TO, which has none. */
void ig_dir_copy_hops(struct ig_walk *to, const struct ig_walk *from);

#endif
