/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA256 of every file of a tree. */
#ifndef IG_TREE_CONTENT_H
#define IG_TREE_CONTENT_H

#include "crypto/digest.h"
#include "fsroot/tree.h"

/* Fill of.digest and the file capability of each regular file. BYTES and FILES (may be NULL) grow as
 * they are read. What cannot be read whole, or changed meanwhile, becomes an error of its entry. */
void ig_tree_read_content(struct ig_tree *tree, atomic_ullong *bytes, atomic_ullong *files);

#endif
