/* SPDX-License-Identifier: Apache-2.0 */
/* A tree against a manifest. */
#ifndef IG_TREE_COMPARE_H
#define IG_TREE_COMPARE_H

#include "tree/manifest.h"

struct ig_difference {
    const char *kind;  /* "missing", "changed", "extra"; static */
    char *path;        /* relative, raw bytes; owned */
    char *detail;      /* of "changed": "mode 0644, expected 0600; content differs"; else what it is,
                          as "directory"; owned */
    bool permissions;  /* nothing but mode or owner changed */
};

struct ig_comparison {
    struct ig_difference *list;  /* by path */
    size_t count;
    enum ig_manifest_form form;
    unsigned without;            /* of the manifest's header */
    bool malformed;              /* the manifest is no manifest; E says why */
    bool refused;                /* it lacks what was to be compared (owner, mode); E says what */
};

/* Compare TREE, whose content was read, with the manifest in FD, read from its start and digested on the
 * way into *DIGEST. What an entry's error hides is no difference. WITHOUT is what the caller leaves
 * out; EXTRA says that what the manifest lacks is a difference; else such entries get IG_TREE_UNLISTED:
 * nothing of them matters (but not the folders of an own manifest, below which it may list files). A
 * checksum file lists regular files, and implies the folders above each.
 * -1 with E where the comparison is not whole (malformed, refused, or an errno); free it in any case. */
int ig_tree_compare(const struct ig_tree *tree, int fd, unsigned without, bool extra,
                    struct ig_sha256 *digest, struct ig_comparison *out, struct ig_error *e);
void ig_comparison_free(struct ig_comparison *comparison);

#endif
