/* SPDX-License-Identifier: Apache-2.0 */
/* The paths of a volume of which something is asked, and what is asked of what lies below them. */
#ifndef IG_CHECKS_ACCESS_PLACES_H
#define IG_CHECKS_ACCESS_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fsroot/tree.h"
#include "kernel/meta.h"

/* What matters here of a mount. */
struct ig_access_mount {
    uint64_t id;
    bool read_only;  /* in this container */
    bool frozen;     /* the file system itself is read-only */
    bool noexec, idmapped;
};

/* A path that the policy asks, or that a symlink below such a one leads to. */
struct ig_access_place {
    char *path;        /* on the volume, relative to it and symlink-free; "." the whole */
    unsigned wants;    /* IG_WANT_*, of it and all below; IG_WANT_SEARCH of it alone */
    unsigned refused;  /* those of WANTS of which something here or below is refused */
    struct ig_access_mount mount;  /* on which it lies */
    struct ig_meta meta;           /* owned */
    bool listed;                   /* META is known; of a directory TREE too, unless that failed */
    struct ig_tree *tree;          /* all below; owned; NULL otherwise */
    const char **ignore;           /* what TREE leaves out; owned, the texts borrowed */
    struct ig_access_place *next;
};

/* Zeroed at first. */
struct ig_access_places {
    struct ig_access_place *first, *last;  /* in the order in which they were added; owned */
    void *by_path;                         /* tsearch(3) */
};

/* The place of that PATH, or NULL. */
struct ig_access_place *ig_access_places_find(const struct ig_access_places *places,
                                              const char *path);
/* The same; made where there is none. */
struct ig_access_place *ig_access_places_add(struct ig_access_places *places, const char *path);
/* MOUNT, below, is the id of the mount on which PATH lies: places on others do not count. */
/* What is asked of PATH, IG_WANT_SEARCH aside, by the places at or above it. */
unsigned ig_access_places_wants(const struct ig_access_places *places, const char *path,
                                uint64_t mount);
/* Those of them of which something is refused in the same place; of PATH itself IG_WANT_SEARCH too. */
unsigned ig_access_places_affected(const struct ig_access_places *places, const char *path,
                                   uint64_t mount);
/* Something of WANT was refused at PATH. */
void ig_access_places_refuse(const struct ig_access_places *places, const char *path,
                             uint64_t mount, unsigned want);
/* Is something of WANTS refused in PLACE, and in none above it of which the same is to be said (but for
 * IG_WANT_SEARCH, which is of each place alone)? */
bool ig_access_places_outermost(const struct ig_access_places *places,
                                const struct ig_access_place *place, unsigned wants);
/* Does PLACE lie in another of which something is asked, on the same mount? Then it is an entry of
 * that one's tree. */
bool ig_access_places_enclose(const struct ig_access_places *places,
                              const struct ig_access_place *place);
void ig_access_places_free(struct ig_access_places *places);

#endif
