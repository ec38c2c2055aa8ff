/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "core/buf.h"
#include "core/mem.h"
#include "progress.h"
#include "watchdog.h"

/* How long a policy or checksum file may take to be read: one stall, as --stall has it by default. */
enum { INPUT_SECONDS = 60 };

static unsigned input_seconds(const struct options *o)
{
    unsigned seconds = o->stall != 0 ? o->stall : INPUT_SECONDS;
    return o->timeout != 0 && o->timeout < seconds ? o->timeout : seconds;
}

static int load_policy(const struct options *o, struct ig_policy **policy, struct ig_error *e)
{
    const char *path = o->value[OPT_POLICY];
    IG_AUTO_FREE char *text = NULL;
    size_t length = 0;
    if (path == NULL) {
        *policy = ig_policy_empty();
        return 0;
    }
    if (read_input(path, input_seconds(o), &text, &length, e) != 0 ||
        ig_policy_from_json(text, length, policy, e) != 0) {
        return ig_error_context(e, "policy %s", strcmp(path, "-") == 0 ? "(standard input)" : path);
    }
    return 0;
}

static bool is_standard_input(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static int add_checksums(const struct options *o, struct ig_policy *policy, struct ig_error *e)
{
    const char *path = o->value[OPT_SHA256SUMS];
    IG_AUTO_FREE char *text = NULL;
    size_t length = 0;
    if (path == NULL) {
        return 0;
    }
    if (is_standard_input(path) && is_standard_input(o->value[OPT_POLICY])) {
        return ig_error_set(e, 0, "--policy and --sha256sums cannot both be standard input");
    }
    if (read_input(path, input_seconds(o), &text, &length, e) != 0 ||
        ig_policy_add_checksums(policy, text, length, e) != 0) {
        return ig_error_context(e, "checksum file %s", path);
    }
    return 0;
}

static int add_flags(const struct options *o, struct ig_policy *policy, struct ig_error *e)
{
    for (size_t i = 0; i < o->binary_count; i++) {
        if (ig_policy_add_binary(policy, o->binaries[i].path, o->binaries[i].sha256, e) != 0) {
            return -1;
        }
    }
    if (o->value[OPT_RUN_AS] != NULL &&
        ig_policy_add_run_as(policy, o->value[OPT_RUN_AS], e) != 0) {
        return -1;
    }
    if (o->settle != 0 && ig_policy_add_writers(policy, e) != 0) {
        return ig_error_context(e, "--settle");
    }
    return add_checksums(o, policy, e);
}

/* A policy that hangs (a file system whose server does not answer) is a policy that cannot be
 * read: usage, like any other. Pipes have their own deadline, one second earlier. */
static int load(const struct options *o, struct ig_policy **policy, struct ig_error *e)
{
    bool files = o->value[OPT_POLICY] != NULL || o->value[OPT_SHA256SUMS] != NULL;
    if (files) {
        watchdog_arm(o, input_seconds(o) + 1, IG_EXIT_USAGE,
                     "the policy or checksum file cannot be read: the read hangs");
    }
    int status = load_policy(o, policy, e);
    if (status == 0) {
        status = add_flags(o, *policy, e);
    }
    if (files) {
        watchdog_disarm();
    }
    return status;
}

static bool want_colour(const struct options *o)
{
    const char *no_colour = getenv("NO_COLOR");
    return o->value[OPT_OUTPUT] == NULL && isatty(STDOUT_FILENO) == 1 &&
           (no_colour == NULL || no_colour[0] == '\0');
}

/* A report that is not written is no pass, and a warning-only run forgives failures alone. */
static int deliver(const struct options *o, const struct ig_report *report)
{
    const char *format = o->value[OPT_FORMAT] != NULL ? o->value[OPT_FORMAT] : "text";
    int code = ig_report_exit(report);
    struct ig_write_options how = {.colour = want_colour(o), .quiet = o->given[OPT_QUIET],
                                   .warn_only = o->given[OPT_WARN_ONLY]};
    IG_AUTO_FREE char *text = ig_report_write(report, format, &how);
    IG_AUTO_FREE char *message = ig_report_termination(report);
    IG_AUTO_FREE char *failure = write_output(o, text);
    if (o->given[OPT_WARN_ONLY]) {
        code = ig_report_exit_warn_only(report);
    }
    if (failure != NULL) {
        complain(o, IG_EXIT_ERROR, failure);
        if (code == IG_EXIT_PASS) {
            /* The pod is blocked: its status must not say that all passed. */
            return IG_EXIT_ERROR;
        }
    }
    if (write_termination_log(o, message) != 0 && code == IG_EXIT_PASS) {
        code = IG_EXIT_ERROR;
    }
    return code;
}

/* Behind the policy, since what it names already is not scanned again. */
static int scan(const struct options *o, const struct ig_options *options,
                struct ig_policy *policy, struct ig_error *e)
{
    if (o->value[OPT_SCAN] == NULL) {
        return 0;
    }
    watchdog_arm(o, command_seconds(o), IG_EXIT_ERROR, "the time was used up (--timeout) while "
                                                       "the folder was searched for programs");
    int status = ig_policy_add_scan(policy, options, o->value[OPT_SCAN], e);
    watchdog_disarm();
    return status == 0 ? 0 : ig_error_context(e, "scan");
}

static int run(const struct options *o)
{
    struct ig_error e = {0};
    struct ig_policy *policy = NULL;
    struct ig_report *report = NULL;
    bool abandoned = false;
    bool terminal = isatty(STDERR_FILENO) == 1;
    struct ig_options options = {
        .root = o->value[OPT_ROOT],
        .platform = o->value[OPT_PLATFORM],
        .container_mounts = o->container_mounts.list,
        .container_mount_count = o->container_mounts.count,
        .stall = o->stall,
        .timeout = o->timeout,
        .settle = o->settle,
        .progress = terminal ? show_progress : NULL,
    };
    if (o->operand_count > 0) {
        IG_AUTO_FREE char *text = ig_format("unexpected argument \"%s\"; programs are named with "
                                            "--binary or in the policy", o->operands[0]);
        return usage_error(o, text);
    }
    if (o->settle >= command_seconds(o)) {
        return usage_error(o, "--settle: must be less than --timeout");
    }
    if (load(o, &policy, &e) != 0) {
        ig_policy_free(policy);
        return usage_error(o, e.text);
    }
    int status = scan(o, &options, policy, &e);
    if (status == 0) {
        status = ig_verify(policy, &options, &report, &abandoned, &e);
    }
    clear_progress(terminal);
    int code = status == 0 ? deliver(o, report)
                           : complain(o, e.number == 0 ? IG_EXIT_USAGE : IG_EXIT_ERROR, e.text);
    if (abandoned) {
        /* Threads that hang still use the policy. */
        _exit(code);
    }
    ig_report_free(report);
    ig_policy_free(policy);
    return code;
}

const struct command command_verify = {
    .name = "verify",
    .synopsis = "[--policy FILE] [--binary PATH [--sha256 HEX]]... [flags]",
    .summary = "check what a policy names; the main job",
    .details = "Flags add to the policy, they never replace or relax what it says.\n"
               "Example: initgate verify --binary /app/server --sha256 HEX --run-as 1001:1001",
    .formats = ig_format_names,
    .accepted = OPT_BIT(OPT_POLICY) | OPT_BIT(OPT_BINARY) | OPT_BIT(OPT_SHA256) |
                OPT_BIT(OPT_SHA256SUMS) | OPT_BIT(OPT_SCAN) | OPT_BIT(OPT_RUN_AS) | OPT_BIT(OPT_ROOT) |
                OPT_BIT(OPT_PLATFORM) | OPT_BIT(OPT_CONTAINER_MOUNT) | OPT_BIT(OPT_FORMAT) |
                OPT_BIT(OPT_OUTPUT) |
                OPT_BIT(OPT_QUIET) | OPT_BIT(OPT_STALL) | OPT_BIT(OPT_TIMEOUT) |
                OPT_BIT(OPT_SETTLE) | OPT_BIT(OPT_TERMINATION_LOG) | OPT_BIT(OPT_WARN_ONLY),
    .run = run,
};
