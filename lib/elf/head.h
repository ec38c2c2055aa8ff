/* SPDX-License-Identifier: Apache-2.0 */
/* A file whose first page is in memory: headers are read from it piece by piece. */
#ifndef IG_ELF_HEAD_H
#define IG_ELF_HEAD_H

#include "elf/image.h"

struct ig_head {
    struct ig_bytes bytes;  /* the whole file; first, so that its address is this one's */
    struct ig_bytes plain;
    size_t length;
    uint8_t page[4096];
};

/* Of the descriptor FD, SIZE bytes long. -1 and errno. Not to be moved. */
int ig_head_open(struct ig_head *head, int fd, uint64_t size);

#endif
