/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags and INITGATE_* variables, from one table: it parses, checks the
 * environment, and prints --help.
 */
#ifndef IG_CMD_OPTIONS_H
#define IG_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

enum option_id {
    OPT_POLICY,
    OPT_BINARY,
    OPT_SHA256,
    OPT_SHA256SUMS,
    OPT_SCAN,
    OPT_RUN_AS,
    OPT_ROOT,
    OPT_PLATFORM,
    OPT_CONTAINER_MOUNT,
    OPT_FORMAT,
    OPT_OUTPUT,
    OPT_QUIET,
    OPT_STALL,
    OPT_TIMEOUT,
    OPT_SETTLE,
    OPT_TERMINATION_LOG,
    OPT_WARN_ONLY,
    OPT_TRACE,
    OPT_VOLUME,
    OPT_MANIFEST,
    OPT_WITHOUT,
    OPT_IGNORE,
    OPT_HELP,
    OPT_COUNT,
};

#define OPT_BIT(id) (1U << (id))

struct option {
    const char *name;      /* "policy" for --policy */
    const char *argument;  /* "FILE", or NULL for a switch */
    const char *variable;  /* "INITGATE_POLICY", or NULL */
    const char *summary;
};

/* --binary and the --sha256 that follows it. */
struct binary_option {
    const char *path;
    const char *sha256;  /* or NULL */
};

/* What a flag that may repeat was given. */
struct list_option {
    const char **list;
    size_t count;
};

/* Everything borrowed from argv and the environment. */
struct options {
    const char *value[OPT_COUNT];  /* of flags with an argument; NULL where not given */
    bool given[OPT_COUNT];         /* of switches */
    struct binary_option *binaries;
    size_t binary_count;
    const char **operands;
    size_t operand_count;
    struct list_option volumes, ignored, container_mounts;
    unsigned stall, timeout, settle;  /* seconds; 0 where not given */
};

const struct option *option_table(void);

/* Is there an INITGATE_ variable that is unknown or empty? -1 with a sentence: a mistyped
 * INITGATE_SHA265 must not mean "no digest asked". options_parse() asks it. */
int options_check_environment(struct ig_error *e);

/* Parse ARGV (behind the command's name) for a command that takes the flags of ACCEPTED (OPT_BIT()).
 * Variables count only for flags that the command takes, and only where the flag is not given. Where
 * the command line says what to check, no variable may add to that. -1 with a sentence where anything is wrong: exit code 2. */
int options_parse(struct options *options, unsigned accepted, size_t argc, char **argv,
                  struct ig_error *e);
void options_free(struct options *options);

#endif
