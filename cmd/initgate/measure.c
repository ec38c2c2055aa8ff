/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "core/mem.h"
#include "watchdog.h"

static int run(const struct options *o)
{
    struct ig_error e = {0};
    struct ig_options options = {.root = o->value[OPT_ROOT]};
    IG_AUTO_FREE char *text = NULL;
    if (o->operand_count == 0) {
        return usage_error(o, "measure what? name programs or files");
    }
    watchdog_arm(o, command_seconds(o), IG_EXIT_ERROR, "the time was used up (--timeout)");
    int status = ig_measure(o->operands, o->operand_count, &options, &text, &e);
    watchdog_disarm();
    if (status != 0) {
        return complain(o, IG_EXIT_ERROR, e.text);
    }
    return print_output(o, text);
}

const struct command command_measure = {
    .name = "measure",
    .synopsis = "[--root DIR] PATH...",
    .summary = "print a policy for a known-good state, which verify then accepts",
    .details = "Executable ELF programs and #! scripts become binaries (digest, loader), anything\n"
               "else files (digest, mode, owner). Measure what you trust: the build, not the pod.",
    .accepted = OPT_BIT(OPT_TIMEOUT) | OPT_BIT(OPT_ROOT) | OPT_BIT(OPT_OUTPUT),
    .operand = "PATH",
    .run = run,
};
