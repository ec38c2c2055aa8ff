/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and reading what a walk led to. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "fsroot/internal.h"

/* With O_NONBLOCK: should the name lead to a FIFO by now, the open must return. */
static int open_at(int dirfd, const char *name)
{
    return openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* It was opened with no other flag that can be set. */
static bool let_wait(int fd)
{
    return fcntl(fd, F_SETFL, 0) == 0;
}

int ig_open_regular_at(int dirfd, const char *name)
{
    IG_AUTO_CLOSE int fd = open_at(dirfd, name);
    return fd >= 0 && let_wait(fd) ? ig_steal_fd(&fd) : -1;
}

/* The final file with O_NONBLOCK still on. */
static int open_regular(const struct ig_walk *walk, struct ig_error *e)
{
    IG_AUTO_FREE char *shown = ig_escaped(walk->path);
    const struct ig_hop *final = ig_walk_final(walk);
    if (final == NULL) {
        return ig_error_set(e, walk->error, "%s", shown);
    }
    if (!ig_meta_is(&final->meta, S_IFREG)) {
        return ig_error_set(e, EINVAL, "%s is a %s, not a regular file", shown,
                            ig_meta_type(&final->meta));
    }
    IG_AUTO_CLOSE int fd = open_at(walk->parent_fd, walk->name);
    if (fd < 0 && errno != ELOOP) {
        return ig_error_set(e, errno, "opening %s", shown);
    }
    struct stat s;
    if (fd >= 0 && fstat(fd, &s) != 0) {
        return ig_error_set(e, errno, "stat of %s", shown);
    }
    if (fd < 0 || s.st_dev != final->meta.dev || s.st_ino != final->meta.ino) {
        return ig_error_set(e, EAGAIN, "%s was replaced while it was looked at", shown);
    }
    return ig_steal_fd(&fd);
}

int ig_walk_open(const struct ig_walk *walk, struct ig_error *e)
{
    IG_AUTO_CLOSE int fd = open_regular(walk, e);
    if (fd < 0) {
        return -1;
    }
    if (!let_wait(fd)) {
        return ig_error_set(e, errno, "fcntl");
    }
    return ig_steal_fd(&fd);
}

/* SIZE: what stat(2) says; the files of /proc say 0. */
static int read_all(int fd, uint64_t size, size_t max, struct ig_buf *out)
{
    enum { PIECE = 4096 };
    /* One byte more, for the read that finds the end. */
    size_t piece = size >= PIECE ? (size < max ? (size_t)size : max) + 1 : PIECE;
    for (;;) {
        ssize_t n = read(fd, ig_buf_reserve(out, piece), piece);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : 0;
        }
        out->length += (size_t)n;
        out->data[out->length] = '\0';
        if (out->length > max) {
            return EFBIG;
        }
        size_t left = out->size - out->length - 1;
        piece = left != 0 ? left : PIECE;
    }
}

int ig_fsroot_slurp(const struct ig_fsroot *root, const char *path, size_t max,
                    struct ig_buf *out, struct ig_error *e)
{
    struct ig_walk walk;
    ig_fsroot_walk(root, path, IG_WALK_BARE, &walk);
    /* O_NONBLOCK stays: /proc/kmsg is a regular file whose read waits. */
    IG_AUTO_CLOSE int fd = open_regular(&walk, e);
    uint64_t size = fd >= 0 ? ig_walk_final(&walk)->meta.size : 0;
    ig_walk_free(&walk);
    if (fd < 0) {
        return -1;
    }
    IG_AUTO_BUF struct ig_buf text = {0};
    int number = read_all(fd, size, max, &text);
    if (number != 0) {
        IG_AUTO_FREE char *shown = ig_escaped(path);
        return ig_error_set(e, number, "reading %s", shown);
    }
    if (out->length == 0 && text.length > 0) {
        ig_buf_free(out);
        *out = text;
        text = (struct ig_buf){0};
    } else {
        ig_buf_add(out, text.data, text.length);
    }
    return 0;
}

int ig_fsroot_readlink(const struct ig_fsroot *root, const char *path, char **out,
                       struct ig_error *e)
{
    struct ig_walk walk;
    IG_AUTO_FREE char *shown = ig_escaped(path);
    ig_fsroot_walk(root, path, IG_WALK_NOFOLLOW | IG_WALK_BARE, &walk);
    const struct ig_hop *final = ig_walk_final(&walk);
    int number = walk.error;
    char *text = NULL;
    if (final != NULL && !ig_meta_is(&final->meta, S_IFLNK)) {
        number = EINVAL;
    } else if (final != NULL) {
        text = ig_fd_readlink(walk.fd);
        number = text == NULL ? errno : 0;
    }
    ig_walk_free(&walk);
    if (text == NULL) {
        return ig_error_set(e, number, "reading the link %s", shown);
    }
    *out = text;
    return 0;
}
