/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps a volume's tree from being compared whole, and how a message names the first of many. */
#ifndef IG_CHECKS_TREE_TROUBLE_H
#define IG_CHECKS_TREE_TROUBLE_H

#include "checks/check.h"
#include "core/buf.h"
#include "fsroot/tree.h"

struct ig_naming {
    struct ig_buf text;  /* "changed bin/x (content differs); extra y"; owned */
    size_t count;
};

/* PATH: raw bytes, "" for the volume's own folder. DETAIL may be NULL. */
void ig_naming_add(struct ig_naming *n, const char *kind, const char *path, const char *detail);
/* "; and 7 more", where there are more than were named. */
void ig_naming_end(struct ig_naming *n);

struct ig_trouble {
    struct ig_naming mounts, errors;
    bool promised;  /* a mount that is another entry's */
};

/* Mounts that hide a part of TREE, and entries that could not be read, into the zeroed TROUBLE and R's
 * items. */
void ig_trouble_find(const struct ig_question *q, const struct ig_tree *tree,
                     struct ig_trouble *trouble, struct ig_result *r);
/* COMPARED: R says already how the comparison went. */
void ig_trouble_say(const struct ig_trouble *trouble, bool compared, struct ig_result *r);
/* R says how a volume as the kubelet writes them differs, which was compared as a whole because of
 * STRANGERS (generation.h): each of the kubelet's own names does then, so these alone are told. NAMED: what
 * differs is in R's items. */
void ig_trouble_strangers(const struct ig_names *strangers, bool named, struct ig_result *r);
void ig_trouble_free(struct ig_trouble *trouble);

#endif
