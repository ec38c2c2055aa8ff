/* SPDX-License-Identifier: Apache-2.0 */
/* For bash 4.4 and later, with or without the bash-completion package. */
#include "gendocs.h"

static void add_reply(struct ig_buf *out, const struct command *command, enum words words)
{
    switch (words) {
    case WORDS_FILES:
        ig_buf_adds(out, "_initgate_paths -f");
        break;
    case WORDS_FOLDERS:
        ig_buf_adds(out, "_initgate_paths -d");
        break;
    case WORDS_FORMATS:
    case WORDS_CHECKS:
        ig_buf_adds(out, "_initgate_words \"");
        add_words(out, command, words);
        ig_buf_adds(out, "\"");
        break;
    case WORDS_NONE:
        ig_buf_adds(out, ":");
        break;
    }
    ig_buf_adds(out, " ;;\n");
}

static void add_arguments(struct ig_buf *out, const struct command *command)
{
    const struct option *table = option_table();
    for (int id = 0; id < OPT_COUNT; id++) {
        if (command_takes(command, id) && table[id].argument != NULL) {
            ig_buf_addf(out, "    %s,--%s) ", command->name, table[id].name);
            add_reply(out, command, words_of(table[id].argument));
        }
    }
}

static void add_flags(struct ig_buf *out, const struct command *command)
{
    ig_buf_addf(out, "    %s,-*) _initgate_words \"", command->name);
    for (int id = 0; id < OPT_COUNT; id++) {
        if (command_takes(command, id)) {
            ig_buf_addf(out, "--%s ", option_table()[id].name);
        }
    }
    ig_buf_adds(out, "\" ;;\n");
}

void bash_completion(struct ig_buf *out)
{
    /* "=" ends a word there, so that --format=js arrives as three words. */
    ig_buf_adds(out, "# bash completion for initgate; made from the tables of its --help\n"
                     "_initgate_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
                     "_initgate_paths() {\n"
                     "    compopt -o filenames 2>/dev/null\n"
                     "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n}\n"
                     "_initgate() {\n"
                     "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                     "    COMPREPLY=()\n"
                     "    if [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                     "    if [[ $cur == '=' ]]; then cur=; fi\n"
                     "    if ((COMP_CWORD == 1)); then\n        _initgate_words \"");
    for (size_t i = 0; commands[i] != NULL; i++) {
        ig_buf_addf(out, "%s ", commands[i]->name);
    }
    ig_buf_adds(out, "--help --version\"\n        return\n    fi\n"
                     "    case ${COMP_WORDS[1]},$prev in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        add_arguments(out, commands[i]);
    }
    ig_buf_adds(out, "    *)\n    case ${COMP_WORDS[1]},$cur in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        add_flags(out, commands[i]);
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->operand != NULL) {
            ig_buf_addf(out, "    %s,*) ", commands[i]->name);
            add_reply(out, commands[i], words_of(commands[i]->operand));
        }
    }
    ig_buf_adds(out, "    esac ;;\n    esac\n}\ncomplete -F _initgate initgate\n");
}
