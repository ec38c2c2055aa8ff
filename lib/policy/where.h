/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a policy a value stands, and the messages that name it. */
#ifndef IG_POLICY_WHERE_H
#define IG_POLICY_WHERE_H

#include <stddef.h>

#include "core/error.h"

/* One step of a JSON path, kept on the stack of whoever decodes; NULL is the
 * whole policy. Nothing is rendered until there is a fault. */
struct ig_where {
    const struct ig_where *up;
    const char *key;  /* of an object's member; NULL for an array's element */
    size_t index;
};

/* Set E to "binaries[0].interpreter.trustedDirs[2]: " and the formatted text.
 * What comes from the policy must be escaped already, see ig_shown(). Returns -1. */
int ig_fault(const struct ig_where *where, struct ig_error *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The path alone, malloc'd; "the policy" for NULL. */
char *ig_where_text(const struct ig_where *where);

/* TEXT escaped, in double quotes, its middle left out where it is long: malloc'd. */
char *ig_shown(const char *text);

#endif
