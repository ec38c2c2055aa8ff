/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols that no object of a process would define. */
#ifndef IG_CHECKS_UNDEFINED_H
#define IG_CHECKS_UNDEFINED_H

#include "core/error.h"
#include "elf/resolve.h"
#include "fsroot/fsroot.h"

struct ig_undefined {
    char *name, *by;  /* the first one and the path of the object that needs it; owned; NULL: none */
    size_t count;     /* of all */
};

/* Look at every object of RESOLUTION (by name alone: versions are binary.symbols' own). -1 where one
 * cannot be read. */
int ig_undefined_find(const struct ig_fsroot *root, const struct ig_resolution *resolution,
                      struct ig_undefined *out, struct ig_error *e);

#endif
