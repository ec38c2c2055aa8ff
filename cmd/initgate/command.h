/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IG_CMD_COMMAND_H
#define IG_CMD_COMMAND_H

#include "initgate.h"
#include "options.h"

/* A command is a row; --help, the man pages and the shells' completions are made from it. */
struct command {
    const char *name;
    const char *synopsis;   /* behind the name */
    const char *summary;    /* one line */
    const char *details;    /* paragraphs for its own --help, or NULL */
    const char *operand;    /* what its operands are, as an option's argument; NULL for none */
    unsigned accepted;      /* flags, OPT_BIT()s */
    /* What --format takes, NULL-terminated, the default first; NULL without --format. */
    const char *const *(*formats)(void);
    /* Returns the exit code. OPTIONS is parsed and without --help. */
    int (*run)(const struct options *options);
};

extern const struct command command_verify, command_measure, command_inspect, command_install,
    command_list, command_explain, command_schema, command_version;

/* All of them, in the order of --help; ends with NULL. */
extern const struct command *const commands[];
/* Does COMMAND take the flag ID? --help it always takes. */
bool command_takes(const struct command *command, enum option_id id);
/* What the flag ID does in COMMAND: its summary, and what --format takes. malloc'd. */
char *command_flag_summary(const struct command *command, enum option_id id);
/* "text, json". malloc'd. */
char *command_formats(const struct command *command);
/* "text", "json". */
const char *const *formats_text_json(void);
enum { EXIT_CODE_COUNT = 4 };
/* "all checks passed", "a check failed", ... */
extern const char *const exit_code_meaning[EXIT_CODE_COUNT];

/* Print TEXT to standard output or to --output. IG_EXIT_PASS, or IG_EXIT_ERROR where a write fails
 * (said on standard error): a report nobody got is no pass. */
int print_output(const struct options *options, const char *text);
/* The same, with nothing said: NULL, or a sentence on what failed, which the caller frees. */
char *write_output(const struct options *options, const char *text);
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
