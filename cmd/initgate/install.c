/* SPDX-License-Identifier: Apache-2.0 */
/* Copies the running program, for the pattern whose gate runs in the application's image. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "core/mem.h"

enum { MODE = 0555, CHUNK = 64 << 10 };

static int copy_bytes(int from, int to, struct ig_error *e)
{
    IG_AUTO_FREE char *buffer = ig_alloc(CHUNK);
    for (;;) {
        ssize_t n = read(from, buffer, CHUNK);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return ig_error_set(e, errno, "cannot read /proc/self/exe");
        }
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(to, buffer + done, (size_t)(n - done));
            if (w < 0 && errno != EINTR) {
                return ig_error_set(e, errno, "cannot write the copy");
            }
            done += w > 0 ? w : 0;
        }
    }
}

/* Into a new file beside DEST, then renamed over it: a container that starts meanwhile sees the old
 * program, the new one, or none, never half of one. */
static int install_as(int self, const char *dest, struct ig_error *e)
{
    IG_AUTO_FREE char *temporary = ig_format("%s.XXXXXX", dest);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        return ig_error_set(e, errno, "cannot create a file beside %s", dest);
    }
    int status = copy_bytes(self, fd, e);
    /* The umask does not apply to fchmod: every user of the pod may run it. */
    if (status == 0 && (fchmod(fd, MODE) != 0 || fsync(fd) != 0)) {
        status = ig_error_set(e, errno, "cannot finish the copy");
    }
    if (close(fd) != 0 && status == 0) {
        status = ig_error_set(e, errno, "cannot finish the copy");
    }
    if (status == 0 && rename(temporary, dest) != 0) {
        status = ig_error_set(e, errno, "cannot put it at %s", dest);
    }
    if (status != 0) {
        unlink(temporary);
    }
    return status;
}

static int run(const struct options *o)
{
    struct ig_error e = {0};
    struct stat st;
    if (o->operand_count != 1 || o->operands[0][0] == '\0') {
        return usage_error(o, "install takes one destination, a file or a directory");
    }
    const char *dest = o->operands[0];
    bool directory = stat(dest, &st) == 0 && S_ISDIR(st.st_mode);
    IG_AUTO_FREE char *path = directory ? ig_format("%s/initgate", dest) : ig_strdup(dest);
    int self IG_AUTO_CLOSE = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (self < 0) {
        ig_error_set(&e, errno, "cannot open /proc/self/exe");
        return complain(o, IG_EXIT_ERROR, e.text);
    }
    if (install_as(self, path, &e) != 0) {
        return complain(o, IG_EXIT_ERROR, e.text);
    }
    return IG_EXIT_PASS;
}

const struct command command_install = {
    .name = "install",
    .synopsis = "DEST",
    .summary = "copy this program to DEST (a file or directory), mode 0555",
    .details = "For the same-image pattern: an init container installs it on an emptyDir, a second "
               "one,\nwhich runs the application's own image, executes it there.",
    .operand = "DEST",
    .run = run,
};
