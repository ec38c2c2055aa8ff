/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "command.h"
#include "core/mem.h"
#include "progress.h"
#include "watchdog.h"

static const char *const *formats(void)
{
    static const char *const names[] = {"text", "json", "dot", NULL};
    return names;
}

static int run(const struct options *o)
{
    struct ig_error e = {0};
    bool terminal = isatty(STDERR_FILENO) == 1;
    struct ig_options options = {
        .root = o->value[OPT_ROOT],
        .platform = o->value[OPT_PLATFORM],
        .progress = terminal ? show_progress : NULL,
    };
    const char *format = o->value[OPT_FORMAT] != NULL ? o->value[OPT_FORMAT] : "text";
    IG_AUTO_FREE char *text = NULL;
    if (o->operand_count != 1) {
        return usage_error(o, "inspect takes one program, file or folder");
    }
    watchdog_arm(o, command_seconds(o), IG_EXIT_ERROR, "the time was used up (--timeout)");
    int code = ig_inspect(o->operands[0], &options, format, o->given[OPT_TRACE], &text, &e);
    watchdog_disarm();
    clear_progress(terminal);
    int written = text != NULL ? print_output(o, text) : IG_EXIT_PASS;
    return code == IG_EXIT_PASS ? written : complain(o, code, e.text);
}

const struct command command_inspect = {
    .name = "inspect",
    .synopsis = "[--root DIR] [--trace] PATH",
    .summary = "explain one binary: identity, format, loader, libraries; judges nothing",
    .details = "Of a folder it explains each ELF program and library below it that verify --scan\n"
               "would take: one JSON document with \"files\" and \"unread\", or one graph. What\n"
               "cannot be read is named, and the exit code is 3.",
    .operand = "PATH",
    .formats = formats,
    .accepted = OPT_BIT(OPT_TRACE) | OPT_BIT(OPT_TIMEOUT) | OPT_BIT(OPT_ROOT) |
                OPT_BIT(OPT_PLATFORM) | OPT_BIT(OPT_FORMAT) | OPT_BIT(OPT_OUTPUT),
    .run = run,
};
