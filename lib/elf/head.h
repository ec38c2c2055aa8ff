/* SPDX-License-Identifier: Apache-2.0 */
/* A file whose first page is in memory, and what follows the last small read: headers and tables are
 * read piece by piece, and lie together. */
#ifndef IG_ELF_HEAD_H
#define IG_ELF_HEAD_H

#include "elf/image.h"

struct ig_head {
    struct ig_bytes bytes;  /* the whole file; first, so that its address is this one's */
    struct ig_bytes plain;
    size_t length;
    uint64_t near_at;       /* offset of NEAR */
    size_t near_length;
    uint8_t page[4096];
    uint8_t near[6144];     /* names, versions needed and versions defined of most libraries */
};

/* Of the descriptor FD, SIZE bytes long. -1 and errno. Not to be moved. */
int ig_head_open(struct ig_head *head, int fd, uint64_t size);

#endif
