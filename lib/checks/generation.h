/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One generation of a volume that the kubelet's AtomicWriter wrote (pkg/volume/util/atomic_writer.go):
 * a folder "..TIMESTAMP" with the keys, "..data" that leads to it and is swapped by rename, and a
 * link NAME -> ..data/NAME for each of its entries. ConfigMap, Secret, projected and downward API
 * volumes are such.
 */
#ifndef IG_CHECKS_GENERATION_H
#define IG_CHECKS_GENERATION_H

#include <stdbool.h>

#include "core/error.h"
#include "fsroot/fsroot.h"
#include "fsroot/list.h"

/* "..data" as it was when the volume was opened. */
struct ig_generation {
    bool opened;
    struct ig_fsroot *volume; /* the volume as a root of its own; NULL where it is no directory */
    bool there;               /* it has a "..data" */
    char *name;               /* what that names; NULL where it is no link */
    struct ig_walk data;      /* to there, from the volume's top, held: data.fd is the generation;
                                 data.error where it leads nowhere, or out of the volume (EXDEV) */
    struct ig_error error;    /* text where any of this could not be looked at */
};

/* Resolve the "..data" of the volume that WALK led to, once. */
void ig_generation_open(struct ig_generation *generation, const struct ig_walk *walk);
void ig_generation_close(struct ig_generation *generation);

/* Is the folder VOLUME, of which this is the "..data", nothing but this generation and the links to it?
 * Then its tree is the generation's. Looks again for a moment, in which a swap ends. 1 or 0 (what else
 * there is comes into STRANGERS, see ig_keys_only(); nothing where it is no such volume); -1 with E where
 * that cannot be told, or "..data" has moved on. Free STRANGERS in any case. */
int ig_generation_is_all(const struct ig_generation *generation, int volume,
                         struct ig_names *strangers, struct ig_error *e);

/* What "..data" names now, malloc'd; NULL where that cannot be told (E says why). */
char *ig_generation_now(const struct ig_generation *generation, struct ig_error *e);

#endif
