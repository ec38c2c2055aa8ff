/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of the tables behind --help when the program is built: its man pages and what shells
 * need to complete its command lines. No part of the program. */
#ifndef IG_GENDOCS_H
#define IG_GENDOCS_H

#include "command.h"
#include "core/buf.h"

/* How a shell completes the argument of an option, or an operand. */
enum words {
    WORDS_NONE,     /* nothing can be known of it */
    WORDS_FILES,
    WORDS_FOLDERS,
    WORDS_FORMATS,  /* command->formats() */
    WORDS_CHECKS,   /* every check's id */
};
/* Of an argument as --help names it: "FILE", "DIR", "FORMAT", "CHECK"; NULL for none. */
enum words words_of(const char *argument);

/* The words of WORDS_FORMATS and WORDS_CHECKS, separated by spaces. */
void add_words(struct ig_buf *out, const struct command *command, enum words words);

/* initgate(1), and the page of one command. */
void man_overview(struct ig_buf *out);
void man_command(const struct command *command, struct ig_buf *out);

void bash_completion(struct ig_buf *out);
void zsh_completion(struct ig_buf *out);
void fish_completion(struct ig_buf *out);

/* TEXT with each character of SPECIAL escaped by a backslash. */
void add_escaped(struct ig_buf *out, const char *text, const char *special);

#endif
