/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "core/buf.h"
#include "core/mem.h"

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A writer that never closes its pipe must not hang a pod's start. */
static int wait_readable(int fd, long long deadline, struct ig_error *e)
{
    for (;;) {
        long long left = deadline - now_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0) {
            return ig_error_set(e, ETIMEDOUT, "nothing more came");
        }
        int n = poll(&p, 1, left > 1000 ? 1000 : (int)left);
        if (n > 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return ig_error_set(e, errno, "cannot be waited for");
        }
    }
}

static int read_all(int fd, long long deadline, struct ig_buf *out, struct ig_error *e)
{
    char piece[16 << 10];
    for (;;) {
        if (wait_readable(fd, deadline, e) != 0) {
            return -1;
        }
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n < 0) {
            return ig_error_set(e, errno, "cannot be read");
        }
        if (n == 0) {
            return 0;
        }
        ig_buf_add(out, piece, (size_t)n);
        if (out->length > IG_INPUT_MAX) {
            return ig_error_set(e, 0, "is larger than %zu MiB", IG_INPUT_MAX >> 20);
        }
    }
}

int read_input(const char *path, unsigned timeout, char **text, size_t *length,
               struct ig_error *e)
{
    bool standard = strcmp(path, "-") == 0;
    struct ig_buf content = {0};
    /* Not blocking: a FIFO without a writer would hang in open(2). */
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return ig_error_set(e, errno, "cannot be opened");
    }
    int status = read_all(fd, now_ms() + timeout * 1000LL, &content, e);
    if (!standard) {
        close(fd);
    }
    if (status != 0) {
        ig_buf_free(&content);
        return -1;
    }
    *length = content.length;
    *text = ig_buf_steal(&content);
    return 0;
}
