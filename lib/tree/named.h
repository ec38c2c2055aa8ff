/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries of a tree a checksum file speaks of: those it lists, and the folders above them. */
#ifndef IG_TREE_NAMED_H
#define IG_TREE_NAMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "fsroot/tree.h"

struct ig_named {
    const struct ig_tree *tree;
    uint8_t *listed, *implied;  /* a bit an entry */
    struct ig_buf folder;       /* of which was said last that it is implied */
};

/* Of TREE, which must live longer. */
void ig_named_begin(struct ig_named *named, const struct ig_tree *tree);
/* PATH is listed. Its entry's index; the tree's count where there is none. *AGAIN: it was listed before. */
size_t ig_named_add(struct ig_named *named, const char *path, bool *again);
/* PATH is listed, but not compared: the folders above it may be there. */
void ig_named_above(struct ig_named *named, const char *path);
/* Is that entry neither listed nor a folder above one that is? What is mounted there is another
 * volume's, and what is ignored may be there: neither these nor the folders above them are lacking. */
bool ig_named_lacks(const struct ig_named *named, size_t index);
void ig_named_free(struct ig_named *named);

#endif
