/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "core/mem.h"
#include "watchdog.h"

static const char *const *formats(void)
{
    static const char *const names[] = {"text", "json", "dot", NULL};
    return names;
}

static int run(const struct options *o)
{
    struct ig_error e = {0};
    struct ig_options options = {.root = o->value[OPT_ROOT]};
    const char *format = o->value[OPT_FORMAT] != NULL ? o->value[OPT_FORMAT] : "text";
    IG_AUTO_FREE char *text = NULL;
    if (o->operand_count != 1) {
        return usage_error(o, "inspect takes one program or file");
    }
    watchdog_arm(o, command_seconds(o), IG_EXIT_ERROR, "the time was used up (--timeout)");
    int status = ig_inspect(o->operands[0], &options, format, o->given[OPT_TRACE], &text,
                            &e);
    watchdog_disarm();
    if (status != 0) {
        return complain(o, IG_EXIT_ERROR, e.text);
    }
    return print_output(o, text);
}

const struct command command_inspect = {
    .name = "inspect",
    .synopsis = "[--root DIR] [--trace] PATH",
    .summary = "explain one binary: identity, format, loader, libraries; judges nothing",
    .operand = "PATH",
    .formats = formats,
    .accepted = OPT_BIT(OPT_TRACE) | OPT_BIT(OPT_TIMEOUT) | OPT_BIT(OPT_ROOT) | OPT_BIT(OPT_FORMAT) | OPT_BIT(OPT_OUTPUT),
    .run = run,
};
