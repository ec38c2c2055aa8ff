/* SPDX-License-Identifier: Apache-2.0 */
/* For fish 3 and later (complete(1)). */
#include "gendocs.h"

#include "core/mem.h"

static void add_description(struct ig_buf *out, const char *text)
{
    ig_buf_adds(out, " -d '");
    add_escaped(out, text, "\\'");
    ig_buf_adds(out, "'\n");
}

static void add_condition(struct ig_buf *out, const struct command *command)
{
    ig_buf_addf(out, "complete -c initgate -n '__fish_seen_subcommand_from %s'", command->name);
}

/* What comes behind: -r needs an argument, -x also keeps files out, -F lets them in. */
static void add_values(struct ig_buf *out, const struct command *command, enum words words)
{
    if (words == WORDS_FILES) {
        ig_buf_adds(out, " -r -F");
    } else if (words == WORDS_FOLDERS) {
        ig_buf_adds(out, " -x -a '(__fish_complete_directories)'");
    } else {
        ig_buf_adds(out, " -x");
        if (words != WORDS_NONE) {
            ig_buf_adds(out, " -a '");
            add_words(out, command, words);
            ig_buf_adds(out, "'");
        }
    }
}

static void add_command(struct ig_buf *out, const struct command *command)
{
    const struct option *table = option_table();
    for (int id = 0; id < OPT_COUNT; id++) {
        if (!command_takes(command, id)) {
            continue;
        }
        IG_AUTO_FREE char *summary = command_flag_summary(command, id);
        add_condition(out, command);
        ig_buf_addf(out, " -l %s", table[id].name);
        if (table[id].argument != NULL) {
            add_values(out, command, words_of(table[id].argument));
        }
        add_description(out, summary);
    }
    enum words operand = words_of(command->operand);
    if (operand == WORDS_FILES) {
        add_condition(out, command);
        ig_buf_adds(out, " -F\n");
    } else if (operand == WORDS_CHECKS) {
        add_condition(out, command);
        ig_buf_adds(out, " -a '");
        add_words(out, command, operand);
        ig_buf_adds(out, "'\n");
    }
}

void fish_completion(struct ig_buf *out)
{
    ig_buf_adds(out, "# fish completion for initgate; made from the tables of its --help\n"
                     "complete -c initgate -f\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        ig_buf_addf(out, "complete -c initgate -n __fish_use_subcommand -a %s", commands[i]->name);
        add_description(out, commands[i]->summary);
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        add_command(out, commands[i]);
    }
}
