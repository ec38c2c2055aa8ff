/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols for want of which glibc's loader would stop a program at its start. */
#ifndef IG_CHECKS_UNBOUND_H
#define IG_CHECKS_UNBOUND_H

#include "checks/undefined.h"

/* The references that relocations of RESOLUTION's objects make at start: all of an object linked with
 * -z now, or of all objects where BIND_NOW (LD_BIND_NOW is set); else all but calls of functions,
 * which are looked up when they are made. OUT has the first one that the loader would come to. -1
 * where an object cannot be read. */
int ig_unbound_find(const struct ig_fsroot *root, const struct ig_resolution *resolution,
                    bool bind_now, struct ig_undefined *out, struct ig_error *e);

#endif
