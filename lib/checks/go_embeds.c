/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/go_embeds.h"

#include <string.h>

#include "crypto/digest.h"

/* Bytes that tell the watchdog they are still coming. */
struct counted {
    struct ig_bytes bytes;  /* first: what lib/elf hands back is a pointer to it */
    const struct ig_bytes *from;
    atomic_ullong *progress;
};

static ssize_t read_counted(const struct ig_bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    const struct counted *c = (const struct counted *)(const void *)bytes;
    ssize_t n = c->from->read(c->from, buf, size, offset);
    if (n > 0 && c->progress != NULL) {
        atomic_fetch_add_explicit(c->progress, (unsigned long long)n, memory_order_relaxed);
    }
    return n;
}

static ssize_t read_source(const void *source, void *buf, size_t size, uint64_t offset)
{
    const struct ig_bytes *bytes = source;
    return bytes->read(bytes, buf, size, offset);
}

static int sha256(const struct ig_bytes *from, uint64_t offset, uint64_t size, const void *prefix,
                  size_t prefix_size, uint8_t sum[32], struct ig_error *e)
{
    struct ig_sha256_part part = {
        .read = read_source,
        .source = from,
        .offset = offset,
        .size = size,
        .prefix = prefix,
        .prefix_size = prefix_size,
    };
    struct ig_sha256 digest;
    if (ig_sha256_part(&part, &digest, e) != 0) {
        return -1;
    }
    memcpy(sum, digest.bytes, sizeof digest.bytes);
    return 0;
}

int ig_go_embeds(const struct ig_bytes *from, const struct ig_image *image,
                 atomic_ullong *progress, struct ig_go_embeds *out, struct ig_error *e)
{
    struct counted counted = {
        .bytes = {.read = read_counted, .size = from->size, .fd = -1},
        .from = from,
        .progress = progress,
    };
    return ig_go_embeds_find(&counted.bytes, image, sha256, out, e);
}
