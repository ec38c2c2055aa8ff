/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

static void add_overview(struct ig_buf *out)
{
    ig_buf_adds(out, "initgate: is what will run the thing that was built, and will it start "
                     "here?\n\nusage: initgate COMMAND [flags]\n\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        ig_buf_addf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    }
    ig_buf_adds(out, "\n`initgate COMMAND --help` tells more. Exit codes:\n");
    for (int code = 0; code < EXIT_CODE_COUNT; code++) {
        ig_buf_addf(out, "  %d  %s\n", code, exit_code_meaning[code]);
    }
}

static void add_help(const struct command *command, struct ig_buf *out)
{
    const struct option *table = option_table();
    ig_buf_addf(out, "usage: initgate %s %s\n\n%s\n", command->name, command->synopsis,
                command->summary);
    if (command->details != NULL) {
        ig_buf_addf(out, "\n%s\n", command->details);
    }
    ig_buf_adds(out, "\n");
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!command_takes(command, i)) {
            continue;
        }
        IG_AUTO_FREE char *summary = command_flag_summary(command, i);
        IG_AUTO_FREE char *flag =
            ig_format("--%s%s%s", table[i].name, table[i].argument != NULL ? " " : "",
                      table[i].argument != NULL ? table[i].argument : "");
        ig_buf_addf(out, "  %-26s  %s\n", flag, summary);
        if (table[i].variable != NULL) {
            ig_buf_addf(out, "  %-26s  variable: %s\n", "", table[i].variable);
        }
    }
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    enum { MOST = 16 };
    const char *names[MOST + 1] = {0};
    for (size_t i = 0; i < MOST && commands[i] != NULL; i++) {
        names[i] = commands[i]->name;
    }
    const char *near = ig_suggest(name, names);
    IG_AUTO_FREE char *text =
        ig_format("unknown command \"%s\"%s%s%s", name, near != NULL ? "; did you mean " : "",
                  near != NULL ? near : "", near != NULL ? "?" : "");
    return usage_error(NULL, text);
}

/* A sentence where FORMAT is none of COMMAND's, or NULL. */
static char *unknown_format(const struct command *command, const char *format)
{
    if (format == NULL) {
        return NULL;
    }
    for (const char *const *name = command->formats(); *name != NULL; name++) {
        if (strcmp(*name, format) == 0) {
            return NULL;
        }
    }
    IG_AUTO_FREE char *known = command_formats(command);
    return ig_format("unknown format \"%s\"; known: %s", format, known);
}

static int run_checked(const struct command *command, const struct options *options)
{
    IG_AUTO_FREE char *fault = unknown_format(command, options->value[OPT_FORMAT]);
    return fault != NULL ? usage_error(options, fault) : command->run(options);
}

static int run_command(const struct command *command, size_t argc, char **argv)
{
    struct options options;
    struct ig_error e = {0};
    int code;
    if (options_parse(&options, command->accepted, argc, argv, &e) != 0) {
        code = usage_error(&options, e.text);
    } else if (options.given[OPT_HELP]) {
        struct ig_buf help = {0};
        add_help(command, &help);
        code = print_output(NULL, ig_buf_text(&help));
        ig_buf_free(&help);
    } else {
        code = run_checked(command, &options);
    }
    options_free(&options);
    return code;
}

/* Nobody but root may trace what is not dumpable, nor write its memory (ptrace(2), "Ptrace access
 * mode checking"): in a pod with one PID namespace, or the host's, a container of the gate's own
 * user could else turn a verdict round. Root then owns the files in /proc/self. The kernel lets a
 * process into its own fd folder all the same (proc_fd_permission() in fs/proc/fd.c), but into
 * fdinfo only since Linux 5.14: where that is closed, healthy pods come first. */
static void keep_memory_private(void)
{
    static const char *const needed[] = {"/proc/self/fd/.", "/proc/self/fdinfo/."};
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (access(needed[i], R_OK | X_OK) != 0 && errno == EACCES) {
            prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        }
    }
}

/* What is opened first would else get the number of a closed stream, and be written to as that. An
 * O_PATH descriptor gives what a closed one gives: EBADF. */
static void hold_streams(void)
{
    while (true) {
        int fd = open("/", O_PATH | O_CLOEXEC);
        if (fd < 0 || fd > STDERR_FILENO) {
            close(fd);
            return;
        }
    }
}

/* Limits that a container inherits would else end the gate by a signal (RLIMIT_CPU), or for want of
 * something that the main container gets. What is hard stays. */
static void lift_limits(void)
{
    static const int limits[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_NOFILE,
                                 RLIMIT_NPROC};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit;
        if (getrlimit(limits[i], &limit) == 0 && limit.rlim_cur != limit.rlim_max) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(limits[i], &limit);
        }
    }
}

int main(int argc, char **argv)
{
    keep_memory_private();
    hold_streams();
    lift_limits();
    /* A reader that went away and a limit on file size show as a failed write, which is exit code 3,
     * not as a signal. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        return usage_error(NULL, "which command? `initgate --help` lists them");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        struct ig_buf help = {0};
        add_overview(&help);
        int code = print_output(NULL, ig_buf_text(&help));
        ig_buf_free(&help);
        return code;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    const struct command *command = find_command(name);
    if (command == NULL) {
        return unknown_command(argv[1]);
    }
    return run_command(command, (size_t)argc - 2, argv + 2);
}
