/* SPDX-License-Identifier: Apache-2.0 */
/* An autoloaded function for zsh's completion system (zshcompsys(1)). */
#include "gendocs.h"

#include "core/mem.h"

/* Within single quotes; SPECIAL is what ends a part of the specification. */
static void add_quoted(struct ig_buf *out, const char *text, const char *special)
{
    struct ig_buf escaped = {0};
    add_escaped(&escaped, text, special);
    for (const char *c = ig_buf_text(&escaped); *c != '\0'; c++) {
        if (*c == '\'') {
            ig_buf_adds(out, "'\\''");
        } else {
            ig_buf_add(out, c, 1);
        }
    }
    ig_buf_free(&escaped);
}

static void add_action(struct ig_buf *out, const struct command *command, const char *argument)
{
    enum words words = words_of(argument);
    ig_buf_adds(out, ":");
    add_quoted(out, argument, ":\\[]");
    ig_buf_adds(out, ":");
    if (words == WORDS_FILES) {
        ig_buf_adds(out, "_files");
    } else if (words == WORDS_FOLDERS) {
        ig_buf_adds(out, "_files -/");
    } else if (words == WORDS_FORMATS || words == WORDS_CHECKS) {
        ig_buf_adds(out, "(");
        add_words(out, command, words);
        ig_buf_adds(out, ")");
    }
}

static void add_flag(struct ig_buf *out, const struct command *command, enum option_id id)
{
    const struct option *o = &option_table()[id];
    IG_AUTO_FREE char *summary = command_flag_summary(command, id);
    bool repeats = id == OPT_BINARY || id == OPT_SHA256;
    ig_buf_addf(out, " \\\n            '%s--%s%s[", repeats ? "*" : "", o->name,
                o->argument != NULL ? "=" : "");
    add_quoted(out, summary, "\\[]:");
    ig_buf_adds(out, "]");
    if (o->argument != NULL) {
        add_action(out, command, o->argument);
    }
    ig_buf_adds(out, "'");
}

static void add_command(struct ig_buf *out, const struct command *command)
{
    ig_buf_addf(out, "    %s)\n        _arguments", command->name);
    for (int id = 0; id < OPT_COUNT; id++) {
        if (command_takes(command, id)) {
            add_flag(out, command, id);
        }
    }
    if (command->operand != NULL) {
        ig_buf_adds(out, " \\\n            '*");
        add_action(out, command, command->operand);
        ig_buf_adds(out, "'");
    }
    ig_buf_adds(out, " ;;\n");
}

void zsh_completion(struct ig_buf *out)
{
    ig_buf_adds(out, "#compdef initgate\n# made from the tables of its --help\n"
                     "local -a initgate_commands\ninitgate_commands=(\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        ig_buf_addf(out, "    '%s:", commands[i]->name);
        add_quoted(out, commands[i]->summary, "\\:");
        ig_buf_adds(out, "'\n");
    }
    ig_buf_adds(out, ")\nif ((CURRENT == 2)); then\n"
                     "    _describe -t commands command initgate_commands\n    return\nfi\n"
                     "shift words\n((CURRENT--))\ncase $words[1] in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        add_command(out, commands[i]);
    }
    ig_buf_adds(out, "esac\n");
}
