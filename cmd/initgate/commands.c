/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands, apart from main() so that what documents them can be made of it. */
#include "command.h"
#include "core/buf.h"
#include "core/mem.h"

const struct command *const commands[] = {
    &command_verify,  &command_measure, &command_inspect, &command_install, &command_list,
    &command_explain, &command_schema,  &command_version, NULL,
};

const char *const exit_code_meaning[EXIT_CODE_COUNT] = {
    [IG_EXIT_PASS] = "all checks passed",
    [IG_EXIT_FAIL] = "a check failed",
    [IG_EXIT_USAGE] = "wrong usage or policy",
    [IG_EXIT_ERROR] = "something could not be evaluated",
};

bool command_takes(const struct command *command, enum option_id id)
{
    return (command->accepted & OPT_BIT(id)) != 0 || id == OPT_HELP;
}

char *command_formats(const struct command *command)
{
    struct ig_buf out = {0};
    for (const char *const *name = command->formats(); *name != NULL; name++) {
        ig_buf_addf(&out, "%s%s", out.length > 0 ? ", " : "", *name);
    }
    return ig_buf_steal(&out);
}

char *command_flag_summary(const struct command *command, enum option_id id)
{
    const char *summary = option_table()[id].summary;
    if (id != OPT_FORMAT) {
        return ig_strdup(summary);
    }
    IG_AUTO_FREE char *formats = command_formats(command);
    return ig_format("%s: %s; default %s", summary, formats, command->formats()[0]);
}

const char *const *formats_text_json(void)
{
    static const char *const names[] = {"text", "json", NULL};
    return names;
}
