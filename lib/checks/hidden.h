/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes that the main container mounts (--container-mount) and that the gate does not see: no
 * `volumes` entry of the policy says where the gate has them. What the gate finds beneath such a
 * mount is not what the program will find. So a look-up in scene->root that comes there fails with
 * a number of that mount's own, and these functions say what it means.
 */
#ifndef IG_CHECKS_HIDDEN_H
#define IG_CHECKS_HIDDEN_H

#include "checks/scene.h"
#include "report/result.h"

struct ig_hidden {
    char *mount;  /* the mountPath, normal */
    char *point;  /* where that leads in scene->root; NULL: anywhere, as far as the gate can tell */
    char *what;   /* "lies on a volume that ...": what is wrong with a place there; no full stop */
    char *fix;    /* a complete sentence */
};

/* Can each of MOUNTS be a mountPath? -1 with a sentence. */
int ig_hidden_check(const struct ig_container_mounts *mounts, struct ig_error *e);
/* Hide in scene->root what of MOUNTS no `volumes` entry shows. SEEN tells of each subject of the policy
 * that is a volume whether this container has it. Those that are grafted must be so already. */
void ig_hidden_add(struct ig_scene *scene, const struct ig_container_mounts *mounts,
                   const bool *seen);
void ig_hidden_clear(struct ig_hidden *hidden);

/* The mount that made a look-up fail with NUMBER; NULL of any other error. */
const struct ig_hidden *ig_hidden_of(const struct ig_scene *scene, int number);
/* Where NUMBER is such an error R becomes ERROR, and says so of WHAT ("The program"). True then. */
bool ig_say_hidden(const struct ig_scene *scene, const char *what, int number,
                   struct ig_result *r);
/* R is ERROR because of NUMBER: where it is such an error, R says more. */
void ig_add_hidden(const struct ig_scene *scene, int number, struct ig_result *r);
/* The same of an error that ends a run. Returns -1. */
int ig_hidden_explain(const struct ig_scene *scene, struct ig_error *e);

/* What lies over a part of the volume at POINT of scene->root: call it with *NEXT 0 first, until it
 * returns NULL. *PATH is where in the volume, "" for the whole of it; borrowed. */
const struct ig_hidden *ig_hidden_in(const struct ig_scene *scene, const char *point,
                                     size_t *next, const char **path);

#endif
