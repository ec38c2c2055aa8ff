/* SPDX-License-Identifier: Apache-2.0 */
/* The libraries of a program under judgement, resolved once for all checks that ask. */
#ifndef IG_CHECKS_LIBRARIES_H
#define IG_CHECKS_LIBRARIES_H

#include "checks/check.h"
#include "checks/shared.h"
#include "elf/resolve.h"

struct ig_libraries {
    struct ig_resolution resolution;
    bool failed;
    struct ig_error error;  /* why, where the gate could not resolve at all */
};

/* Whether there is anything to resolve. */
enum ig_libraries_state {
    IG_LIBRARIES_NONE,     /* a static program */
    IG_LIBRARIES_UNNAMED,  /* no PT_DYNAMIC, and a loader of its own kind, as klibc's programs */
    IG_LIBRARIES_ELSEWHERE, /* "visible": false: they lie in an image that the gate does not see */
    IG_LIBRARIES_HERE,
    IG_LIBRARIES_UNREADABLE, /* no ELF program, or its bytes cannot be read: E says why */
};
enum ig_libraries_state ig_libraries_state(const struct ig_question *q,
                                           const struct ig_target *program, struct ig_error *e);

/* True where STATE is the whole answer, which R then is. */
bool ig_libraries_settled(const struct ig_target *program, enum ig_libraries_state state,
                          struct ig_result *r);

/* Resolve PROGRAM (see programs.h), once. NULL where that failed (E). */
const struct ig_resolution *ig_libraries_get(const struct ig_question *q, struct ig_target *program,
                                             struct ig_error *e);
void ig_libraries_free(struct ig_libraries *libraries);

/* Add the files that the resolution rests on, but for the program itself. */
void ig_libraries_uses(const struct ig_libraries *libraries, struct ig_uses *uses);

#endif
