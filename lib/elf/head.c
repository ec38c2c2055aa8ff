/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/head.h"

#include <string.h>

#include "elf/image_priv.h"

static ssize_t read_behind_head(const struct ig_bytes *from, void *buf, size_t size,
                                uint64_t offset)
{
    const struct ig_head *head = (const struct ig_head *)(const void *)from;
    if (offset > head->length || size > head->length - offset) {
        return head->plain.read(&head->plain, buf, size, offset);
    }
    memcpy(buf, head->page + offset, size);
    return (ssize_t)size;
}

int ig_head_open(struct ig_head *head, int fd, uint64_t size)
{
    head->plain = ig_bytes_of_fd(fd, size);
    head->bytes = head->plain;
    head->bytes.read = read_behind_head;
    ssize_t n = ig_bytes_read_at(&head->plain, head->page, sizeof head->page, 0);
    head->length = n > 0 ? (size_t)n : 0;
    return n < 0 ? -1 : 0;
}
