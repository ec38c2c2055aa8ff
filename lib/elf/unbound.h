/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols for want of which glibc's loader would stop a program at its start. */
#ifndef IG_ELF_UNBOUND_H
#define IG_ELF_UNBOUND_H

#include "elf/resolve.h"

/* Tell VISIT each reference that relocations of RESOLUTION's objects make at start and that no object
 * defines, in the order in which the loader comes to them: all of an object linked with -z now, or
 * of all objects where BIND_NOW (LD_BIND_NOW is set); else all but calls of functions, which are
 * looked up when they are made. ig_object_symbol() of linkages.h names it. -1 where an object cannot
 * be read. */
typedef void ig_unbound_visit(void *context, const struct ig_object *object, uint64_t symbol);
int ig_unbound_each(const struct ig_resolution *resolution, bool bind_now,
                    ig_unbound_visit *visit, void *context, struct ig_error *e);

#endif
