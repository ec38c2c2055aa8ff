/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries of a tree a checksum file speaks of: those it lists, and the folders above them. */
#ifndef IG_TREE_LISTED_H
#define IG_TREE_LISTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "fsroot/tree.h"

struct ig_listed {
    const struct ig_tree *tree;
    uint8_t *listed, *implied;  /* a bit an entry */
    struct ig_buf folder;       /* of which was said last that it is implied */
};

/* Of TREE, which must live longer. */
void ig_listed_begin(struct ig_listed *listed, const struct ig_tree *tree);
/* PATH is listed. Its entry's index; the tree's count where there is none. *AGAIN: it was listed before. */
size_t ig_listed_add(struct ig_listed *listed, const char *path, bool *again);
/* PATH is listed, but not compared: the folders above it may be there. */
void ig_listed_above(struct ig_listed *listed, const char *path);
/* Is that entry neither listed nor a folder above one that is? What is mounted there is another
 * volume's, and what is ignored may be there: neither these nor the folders above them are lacking. */
bool ig_listed_lacks(const struct ig_listed *listed, size_t index);
void ig_listed_free(struct ig_listed *listed);

#endif
