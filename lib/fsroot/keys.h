/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a folder wholly what the kubelet's AtomicWriter made of it (pkg/volume/util/atomic_writer.go)?
 * Then its content is that of the generation, whose name changes with each update.
 */
#ifndef IG_FSROOT_KEYS_H
#define IG_FSROOT_KEYS_H

#include "core/error.h"
#include "fsroot/list.h"

/* Does DIRFD hold nothing but "..data", GENERATION, and a link to "..data/" and its own name for
 * each name in GENERATION (both O_PATH will do)? Whatever else lay there, another generation too,
 * would not be seen by who looks at this one alone: its names come into STRANGERS, and "..data/NAME" for
 * a key without its link. 1 or 0; -1 with E where it cannot be listed. Free STRANGERS in any case. */
int ig_keys_only(int dirfd, int generation, struct ig_names *strangers, struct ig_error *e);

#endif
