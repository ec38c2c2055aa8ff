/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IG_CMD_COMMAND_H
#define IG_CMD_COMMAND_H

#include "initgate.h"
#include "options.h"

/* A command is a row; --help is made from it. */
struct command {
    const char *name;
    const char *synopsis;   /* behind the name */
    const char *summary;    /* one line */
    const char *details;    /* paragraphs for its own --help, or NULL */
    unsigned accepted;      /* flags, OPT_BIT()s */
    /* Returns the exit code. OPTIONS is parsed and without --help. */
    int (*run)(const struct options *options);
};

extern const struct command command_verify, command_measure, command_inspect, command_install,
    command_list, command_explain, command_schema, command_version;

/* Print TEXT to standard output or to --output. IG_EXIT_PASS, or IG_EXIT_ERROR where a write fails
 * (said on standard error): a report nobody got is no pass. */
int print_output(const struct options *options, const char *text);
/* "initgate: error: TEXT" on standard error, and into the termination log: a pod that cannot start
 * for a wrong policy says so in its status too. Returns CODE. */
int complain(const struct options *options, int code, const char *text);
/* complain() of wrong usage. Returns IG_EXIT_USAGE. */
int usage_error(const struct options *options, const char *text);
/* Write TEXT to --termination-log, or to /dev/termination-log where that exists and can be written.
 * -1 (said on standard error) where a log that was asked for, or that could be opened, cannot be
 * written. */
int write_termination_log(const struct options *options, const char *text);
/* A file or standard input ("-") of at most IG_INPUT_MAX bytes, malloc'd; waits for a pipe at most
 * TIMEOUT seconds. */
int read_input(const char *path, unsigned timeout, char **text, size_t *length,
               struct ig_error *e);

#endif
