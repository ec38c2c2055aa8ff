/* SPDX-License-Identifier: Apache-2.0 */
/* One walk under way, a name at a time. For walk.c and dir.c alone. */
#ifndef IG_FSROOT_WALKER_H
#define IG_FSROOT_WALKER_H

#include "fsroot/place.h"

struct ig_walker {
    struct ig_walk *out;
    unsigned flags;
    struct ig_place place;
    bool arrived;      /* at the current directory, which is not among the hops yet */
    char *rest;        /* what is to be walked; owned */
    const char *at;    /* in rest: behind the current name */
    unsigned links;
    size_t hop_paths;  /* bytes */
};

enum { IG_WALK_LINKS_MAX = 40 };  /* MAXSYMLINKS */

/* Are links on such a mount followed, and none of them magic? */
bool ig_mounted_has_plain_links(const struct ig_mounted *mounted);

/* What one step makes of the walk. */
enum ig_step { IG_STEP_ON, IG_STEP_DONE, IG_STEP_FAILED };

/* The walk ends with NUMBER at NAME (NULL: at the current directory). */
enum ig_step ig_walker_fail(struct ig_walker *w, int number, const char *name);

/* Take the next name off the text and go there. */
enum ig_step ig_walker_step(struct ig_walker *w);

/* Walk on from W, whose start gave NUMBER, and free it; what was left of the text goes to *REST
 * (NULL: nobody asks). Returns what ig_fsroot_walk() does. */
int ig_walker_finish(struct ig_walker *w, int number, char **rest);

#endif
