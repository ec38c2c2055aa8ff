/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/content.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/parallel.h"

enum { PIECE = 256 << 10 };

struct reading {
    void *buffers[IG_THREADS_MAX];  /* one a thread, had when first needed */
    atomic_ullong *bytes, *files;
};

static void add(atomic_ullong *counter, unsigned long long by)
{
    if (counter != NULL) {
        atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
    }
}

/* A file that fits into the buffer. What comes in one piece of the listed size is whole: whether the
 * file has that size still, the visit asks afterwards. */
static int digest_small(const struct reading *reading, int fd, char *buf, uint64_t expected,
                        struct ig_sha256 *digest)
{
    size_t total = 0;
    while (total < expected) {
        ssize_t n = read(fd, buf + total, PIECE - total);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : EIO;
        }
        total += (size_t)n;
    }
    add(reading->bytes, total);
    return total == expected && ig_sha256_bytes(buf, total, digest, NULL) == 0 ? 0 : EIO;
}

static int digest_large(const struct reading *reading, int fd, void *buf, uint64_t expected,
                        struct ig_sha256 *digest)
{
    unsigned long long total = 0;
    struct ig_error e = {0};
    if (ig_sha256_fd_with(fd, buf, PIECE, expected, reading->bytes, digest, &total, &e) != 0) {
        return e.number != 0 ? e.number : EIO;
    }
    return total == expected ? 0 : EIO;
}

static int visit(void *context, unsigned thread, int fd, struct ig_tree_entry *entry)
{
    struct reading *reading = context;
    struct ig_sha256 digest;
    int number = 0;
    add(reading->files, 1);
    if (reading->buffers[thread] == NULL) {
        reading->buffers[thread] = ig_alloc(PIECE);
    }
    if (entry->size == 0) {
        /* Not read: a file of the kernel's, as /proc/kmsg, may block. */
        number = ig_sha256_bytes("", 0, &digest, NULL) == 0 ? 0 : EIO;
    } else if (entry->size < PIECE) {
        number = digest_small(reading, fd, reading->buffers[thread], entry->size, &digest);
    } else {
        number = digest_large(reading, fd, reading->buffers[thread], entry->size, &digest);
    }
    if (number == 0) {
        memcpy(entry->of.digest, digest.bytes, sizeof digest.bytes);
    }
    return number;
}

void ig_tree_read_content(struct ig_tree *tree, atomic_ullong *bytes, atomic_ullong *files)
{
    struct reading reading = {.bytes = bytes, .files = files};
    ig_tree_visit(tree, IG_TREE_CAPABILITIES, visit, &reading);
    for (unsigned i = 0; i < IG_THREADS_MAX; i++) {
        free(reading.buffers[i]);
    }
}
