/* SPDX-License-Identifier: Apache-2.0 */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"

static char *temporary_name(const char *name)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return ig_format(".%.200s.%d.%ld", name, (int)getpid(), t.tv_nsec);
}

static int open_folder(struct replacement *r)
{
    const char *slash = strrchr(r->path, '/');
    IG_AUTO_FREE char *folder = slash == NULL       ? ig_strdup(".")
                                : slash == r->path ? ig_strdup("/")
                                                   : ig_strndup(r->path, (size_t)(slash - r->path));
    r->name = slash != NULL ? slash + 1 : r->path;
    r->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return r->folder >= 0 ? 0 : -1;
}

int replace_begin(struct replacement *r, const char *path, struct ig_error *e)
{
    struct stat st;
    *r = (struct replacement){.path = path, .folder = -1, .fd = -1};
    if (open_folder(r) != 0) {
        return ig_error_set(e, errno, "cannot write %s", path);
    }
    if (*r->name == '\0' ||
        (fstatat(r->folder, r->name, &st, 0) == 0 && !S_ISREG(st.st_mode))) {
        return ig_error_set(e, 0, "cannot write %s: it is no regular file", path);
    }
    r->fd = openat(r->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (r->fd < 0) {
        r->temporary = temporary_name(r->name);
        r->fd = openat(r->folder, r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    if (r->fd < 0) {
        free(IG_STEAL(r->temporary));
        return ig_error_set(e, errno, "cannot write %s", path);
    }
    return 0;
}

int replace_write(void *context, const char *data, size_t size, struct ig_error *e)
{
    const struct replacement *r = context;
    while (size > 0) {
        ssize_t n = write(r->fd, data, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return ig_error_set(e, errno, "cannot write %s", r->path);
        }
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* linkat(2) replaces nothing: where there is a file already, it gets a name beside it first. */
static int give_name(struct replacement *r)
{
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", r->fd);
    if (linkat(AT_FDCWD, self, r->folder, r->name, AT_SYMLINK_FOLLOW) == 0) {
        return 0;
    }
    if (errno != EEXIST) {
        return -1;
    }
    r->temporary = temporary_name(r->name);
    if (linkat(AT_FDCWD, self, r->folder, r->temporary, AT_SYMLINK_FOLLOW) != 0) {
        free(IG_STEAL(r->temporary));
        return -1;
    }
    return renameat(r->folder, r->temporary, r->folder, r->name);
}

int replace_finish(struct replacement *r, unsigned mode, struct ig_error *e)
{
    int status = fchmod(r->fd, mode) != 0 || fsync(r->fd) != 0 ? -1 : 0;
    if (status == 0) {
        status = r->temporary == NULL ? give_name(r)
                                      : renameat(r->folder, r->temporary, r->folder, r->name);
    }
    if (status != 0) {
        return ig_error_set(e, errno, "cannot write %s", r->path);
    }
    free(IG_STEAL(r->temporary));
    /* The name, too, must outlive a power cut; some file systems cannot. */
    (void)fsync(r->folder);
    return 0;
}

void replace_end(struct replacement *r)
{
    if (r->temporary != NULL) {
        unlinkat(r->folder, r->temporary, 0);
        free(r->temporary);
    }
    ig_cleanup_close(&r->fd);
    ig_cleanup_close(&r->folder);
}
