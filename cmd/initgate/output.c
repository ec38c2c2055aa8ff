/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

static const char default_log[] = "/dev/termination-log";

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

static void say(const char *text)
{
    struct ig_buf line = {0};
    ig_buf_adds(&line, "initgate: error: ");
    ig_sanitize(&line, text, strlen(text));
    ig_buf_adds(&line, "\n");
    (void)write_all(STDERR_FILENO, line.data, line.length);
    ig_buf_free(&line);
}

static char *unwritten(const char *path)
{
    char words[160];
    ig_errno_text(errno, words, sizeof words);
    return ig_format("cannot write %s: %s", path, words);
}

char *write_output(const struct options *options, const char *text)
{
    const char *path = options != NULL ? options->value[OPT_OUTPUT] : NULL;
    if (path == NULL) {
        return write_all(STDOUT_FILENO, text, strlen(text)) == 0 ? NULL
                                                                 : unwritten("standard output");
    }
    /* A FIFO that nobody reads must not hang a pod's start in open(2). */
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0644);
    if (fd < 0 || fcntl(fd, F_SETFL, O_WRONLY) != 0) {
        return unwritten(path);
    }
    int status = write_all(fd, text, strlen(text));
    /* Some file systems report a full disk only here. */
    return close(fd) != 0 || status != 0 ? unwritten(path) : NULL;
}

int print_output(const struct options *options, const char *text)
{
    IG_AUTO_FREE char *failure = write_output(options, text);
    if (failure == NULL) {
        return IG_EXIT_PASS;
    }
    say(failure);
    return IG_EXIT_ERROR;
}

/* The kubelet's log is a plain file that exists already; on a workstation nothing must appear. */
static int open_default_log(void)
{
    struct stat st;
    int fd = open(default_log, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || ftruncate(fd, 0) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int log_failed(const char *path)
{
    IG_AUTO_FREE char *text = unwritten(path);
    say(text);
    return -1;
}

int write_termination_log(const struct options *options, const char *text)
{
    const char *path = options != NULL ? options->value[OPT_TERMINATION_LOG] : NULL;
    if (path == NULL) {
        /* Not taken yet where the command line is at fault, nor by commands without the flag. */
        path = getenv("INITGATE_TERMINATION_LOG");
        path = path != NULL && path[strspn(path, " \t\r\n")] != '\0' ? path : NULL;
    }
    int fd = path != NULL
                 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644)
                 : open_default_log();
    if (fd < 0) {
        return path != NULL ? log_failed(path) : 0;
    }
    int status = write_all(fd, text, strlen(text));
    if (close(fd) != 0 || status != 0) {
        return log_failed(path != NULL ? path : default_log);
    }
    return 0;
}

/* What the kubelet reads of a termination log, bytes. */
enum { LOG_MAX = 4096 };

static void cut_line(struct ig_buf *line)
{
    static const char end[] = "...\n";
    size_t n = LOG_MAX - strlen(end);
    if (line->length <= LOG_MAX) {
        return;
    }
    while (n > 0 && ((unsigned char)line->data[n] & 0xc0) == 0x80) {
        n--;  /* not inside a UTF-8 sequence */
    }
    line->length = n;
    ig_buf_adds(line, end);
}

int complain(const struct options *options, int code, const char *text)
{
    struct ig_buf line = {0};
    say(text);
    ig_buf_adds(&line, "initgate: error: ");
    ig_sanitize(&line, text, strlen(text));
    ig_buf_adds(&line, "\n");
    cut_line(&line);
    write_termination_log(options, line.data);
    ig_buf_free(&line);
    return code;
}

int usage_error(const struct options *options, const char *text)
{
    return complain(options, IG_EXIT_USAGE, text);
}
