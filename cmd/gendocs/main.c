/* SPDX-License-Identifier: Apache-2.0 */
/* usage: gendocs FOLDER, which exists. Writes the man pages and completions into it. */
#include "gendocs.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"

enum words words_of(const char *argument)
{
    static const struct {
        const char *argument;
        enum words words;
    } rows[] = {
        {"FILE", WORDS_FILES},     {"PATH", WORDS_FILES},   {"DEST", WORDS_FILES},
        {"DIR", WORDS_FOLDERS},    {"FORMAT", WORDS_FORMATS}, {"CHECK", WORDS_CHECKS},
    };
    for (size_t i = 0; argument != NULL && i < IG_COUNT(rows); i++) {
        if (strcmp(argument, rows[i].argument) == 0) {
            return rows[i].words;
        }
    }
    return WORDS_NONE;
}

void add_words(struct ig_buf *out, const struct command *command, enum words words)
{
    struct ig_check_info info;
    if (words == WORDS_FORMATS) {
        for (const char *const *name = command->formats(); *name != NULL; name++) {
            ig_buf_addf(out, "%s%s", name == command->formats() ? "" : " ", *name);
        }
    }
    for (size_t i = 0; words == WORDS_CHECKS && ig_check_info(i, &info); i++) {
        ig_buf_addf(out, "%s%s", i == 0 ? "" : " ", info.id);
    }
}

void add_escaped(struct ig_buf *out, const char *text, const char *special)
{
    for (const char *c = text; *c != '\0'; c++) {
        ig_buf_addf(out, "%s%c", strchr(special, *c) != NULL ? "\\" : "", *c);
    }
}

static int write_file(const char *folder, const char *name, struct ig_buf *text)
{
    IG_AUTO_FREE char *path = ig_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    bool good = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;
    if (file == NULL || fclose(file) != 0 || !good) {
        perror(path);
        return 1;
    }
    ig_buf_free(text);
    return 0;
}

int main(int argc, char **argv)
{
    struct ig_buf text = {0};
    static const struct {
        const char *name;
        void (*write)(struct ig_buf *out);
    } files[] = {{"initgate.1", man_overview},
                 {"initgate.bash", bash_completion},
                 {"_initgate", zsh_completion},
                 {"initgate.fish", fish_completion}};
    if (argc != 2) {
        fprintf(stderr, "usage: gendocs FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < IG_COUNT(files); i++) {
        files[i].write(&text);
        if (write_file(argv[1], files[i].name, &text) != 0) {
            return 1;
        }
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        IG_AUTO_FREE char *name = ig_format("initgate-%s.1", commands[i]->name);
        man_command(commands[i], &text);
        if (write_file(argv[1], name, &text) != 0) {
            return 1;
        }
    }
    return 0;
}
