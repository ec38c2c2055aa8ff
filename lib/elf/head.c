/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/head.h"

#include <string.h>

#include "elf/image_priv.h"

enum { SMALL = 2048 };

/* Does NEAR hold SIZE bytes from OFFSET on? */
static bool is_near(const struct ig_head *head, size_t size, uint64_t offset)
{
    return offset >= head->near_at && offset - head->near_at <= head->near_length &&
           size <= head->near_length - (size_t)(offset - head->near_at);
}

/* False where it cannot be had like this: reading it itself tells why. */
static bool load_near(struct ig_head *head, size_t size, uint64_t offset)
{
    if (size > SMALL) {
        return false;
    }
    /* A read that fails may have begun: nothing of the old is left then. */
    head->near_length = 0;
    ssize_t n = head->plain.read(&head->plain, head->near, sizeof head->near, offset);
    if (n > 0) {
        head->near_at = offset;
        head->near_length = (size_t)n;
    }
    return n > 0 && (size_t)n >= size;
}

static ssize_t read_behind_head(const struct ig_bytes *from, void *buf, size_t size,
                                uint64_t offset)
{
    /* The head is no constant, only what ig_bytes promises of it. */
    struct ig_head *head = (struct ig_head *)(uintptr_t)from;
    if (offset <= head->length && size <= head->length - offset) {
        memcpy(buf, head->page + offset, size);
        return (ssize_t)size;
    }
    if (is_near(head, size, offset) || load_near(head, size, offset)) {
        memcpy(buf, head->near + (offset - head->near_at), size);
        return (ssize_t)size;
    }
    return head->plain.read(&head->plain, buf, size, offset);
}

int ig_head_open(struct ig_head *head, int fd, uint64_t size)
{
    head->plain = ig_bytes_of_fd(fd, size);
    head->bytes = head->plain;
    head->bytes.read = read_behind_head;
    ssize_t n = ig_bytes_read_at(&head->plain, head->page, sizeof head->page, 0);
    head->length = n > 0 ? (size_t)n : 0;
    head->near_at = head->near_length = 0;
    return n < 0 ? -1 : 0;
}
