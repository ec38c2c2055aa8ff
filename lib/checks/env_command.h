/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What env(1) makes of the one argument that a "#!" line gives it: coreutils'
 * env.c (9.1: options, -S with its quotes, escapes and ${NAME}, assignments,
 * the program), and BusyBox's, which has neither -S nor long options.
 */
#ifndef IG_CHECKS_ENV_COMMAND_H
#define IG_CHECKS_ENV_COMMAND_H

#include <stdbool.h>

#include "core/error.h"

struct ig_env_command {
    char *name;      /* the program it starts; owned. NULL: none, it would start the script again */
    char *path;      /* PATH as it looks the program up; owned; NULL: unset */
};

/* The value of an environment variable, or NULL where it is not set. *KNOWN is false where that
 * cannot be told; true on entry. */
typedef const char *ig_env_lookup(const void *context, const char *name, bool *known);

/* -1 where env would stop before it starts anything (E, number 0), or where what it does cannot be
 * told (number EINVAL). ARG may be NULL. */
int ig_env_command(const char *arg, bool busybox, ig_env_lookup *lookup, const void *context,
                   struct ig_env_command *out, struct ig_error *e);
void ig_env_command_free(struct ig_env_command *command);

#endif
