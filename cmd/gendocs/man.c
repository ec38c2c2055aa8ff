/* SPDX-License-Identifier: Apache-2.0 */
/* Pages in man(7)'s macros. */
#include "gendocs.h"

#include <ctype.h>
#include <string.h>

#include "core/mem.h"

/* Roff takes a minus for a hyphen, a backslash for an escape, and a line's first dot or quote for a
 * request. */
static void add_text(struct ig_buf *out, const char *text)
{
    if (*text == '.' || *text == '\'') {
        ig_buf_adds(out, "\\&");
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\\') {
            ig_buf_adds(out, "\\(rs");
        } else if (*c == '-') {
            ig_buf_adds(out, "\\-");
        } else {
            ig_buf_add(out, c, 1);
        }
    }
}

static void add_line(struct ig_buf *out, const char *text)
{
    add_text(out, text);
    ig_buf_adds(out, "\n");
}

static void add_head(struct ig_buf *out, const char *name, const char *summary)
{
    IG_AUTO_FREE char *upper = ig_strdup(name);
    for (char *c = upper; *c != '\0'; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
    /* No date: one source gives one page. */
    ig_buf_addf(out, ".TH %s 1 \"\" \"initgate %s\" \"User Commands\"\n.ad l\n.SH NAME\n",
                upper,
                ig_version().version);
    add_text(out, name);
    ig_buf_adds(out, " \\- ");
    add_line(out, summary);
}

static void add_statuses(struct ig_buf *out)
{
    ig_buf_adds(out, ".SH EXIT STATUS\n");
    for (int code = 0; code < EXIT_CODE_COUNT; code++) {
        ig_buf_addf(out, ".TP\n.B %d\n", code);
        add_line(out, exit_code_meaning[code]);
    }
}

static void add_flag(struct ig_buf *out, const struct command *command, enum option_id id)
{
    const struct option *o = &option_table()[id];
    IG_AUTO_FREE char *flag = ig_format("--%s", o->name);
    IG_AUTO_FREE char *summary = command_flag_summary(command, id);
    ig_buf_adds(out, ".TP\n\\fB");
    add_text(out, flag);
    ig_buf_addf(out, "\\fR%s\\fI%s\\fR\n", o->argument != NULL ? " " : "",
                o->argument != NULL ? o->argument : "");
    add_line(out, summary);
    if (o->variable != NULL) {
        ig_buf_addf(out, ".br\nVariable:\n.B %s\n", o->variable);
    }
}

/* A line that shows an example is a paragraph of its own. */
static void add_details(struct ig_buf *out, const char *details)
{
    while (*details != '\0') {
        size_t n = strcspn(details, "\n");
        IG_AUTO_FREE char *line = ig_strndup(details, n);
        if (strncmp(line, "Example: ", strlen("Example: ")) == 0) {
            ig_buf_adds(out, ".PP\n");
        }
        add_line(out, line);
        details += n + (details[n] == '\n');
    }
}

static void add_checks(struct ig_buf *out)
{
    struct ig_check_info info;
    ig_buf_adds(out, ".SH CHECKS\nA check passes when:\n");
    for (size_t i = 0; ig_check_info(i, &info); i++) {
        ig_buf_addf(out, ".TP\n.B %s\n", info.id);
        add_line(out, info.summary);
    }
}

static void add_also(struct ig_buf *out, const struct command *self)
{
    ig_buf_adds(out, ".SH SEE ALSO\n");
    if (self != NULL) {
        ig_buf_adds(out, ".BR initgate (1),\n");
    }
    const struct command *last = NULL;
    for (size_t i = 0; commands[i] != NULL; i++) {
        last = commands[i] != self ? commands[i] : last;
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i] != self) {
            ig_buf_addf(out, ".BR initgate\\-%s (1)%s\n", commands[i]->name,
                        commands[i] != last ? "," : "");
        }
    }
}

void man_command(const struct command *command, struct ig_buf *out)
{
    IG_AUTO_FREE char *name = ig_format("initgate-%s", command->name);
    add_head(out, name, command->summary);
    ig_buf_addf(out, ".SH SYNOPSIS\n.B initgate %s\n", command->name);
    if (command->synopsis[0] != '\0') {
        add_line(out, command->synopsis);
    }
    ig_buf_adds(out, ".SH DESCRIPTION\n");
    add_details(out, command->details != NULL ? command->details : command->summary);
    ig_buf_adds(out, ".SH OPTIONS\n");
    for (int id = 0; id < OPT_COUNT; id++) {
        if (command_takes(command, id)) {
            add_flag(out, command, id);
        }
    }
    if (words_of(command->operand) == WORDS_CHECKS) {
        add_checks(out);
    }
    if (command_takes(command, OPT_WARN_ONLY)) {
        add_statuses(out);
    }
    add_also(out, command);
}

static void add_variables(struct ig_buf *out)
{
    const struct option *table = option_table();
    ig_buf_adds(out, ".SH ENVIRONMENT\nAn unknown or empty variable whose name starts with INITGATE_ "
                     "is wrong usage. Where the command line says what to check, no variable may "
                     "add to it.\n");
    for (int id = 0; id < OPT_COUNT; id++) {
        if (table[id].variable != NULL) {
            IG_AUTO_FREE char *flag = ig_format("as --%s", table[id].name);
            ig_buf_addf(out, ".TP\n.B %s\n", table[id].variable);
            add_line(out, flag);
        }
    }
    ig_buf_adds(out, ".TP\n.B NO_COLOR\nno colour, on a terminal neither\n");
}

void man_overview(struct ig_buf *out)
{
    add_head(out, "initgate", "is what will run the thing that was built, and will it start here?");
    ig_buf_adds(out, ".SH SYNOPSIS\n.B initgate\n.I COMMAND\n[flags]\n.SH DESCRIPTION\n"
                     "Run as an init container or over an image's root file system, it checks what a "
                     "policy names and\nexits nonzero where something is wrong.\n.SH COMMANDS\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        ig_buf_addf(out, ".TP\n.BR initgate\\-%s (1)\n", commands[i]->name);
        add_line(out, commands[i]->summary);
    }
    add_statuses(out);
    add_variables(out);
    add_also(out, NULL);
}
