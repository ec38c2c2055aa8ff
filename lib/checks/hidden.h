/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes that the main container mounts (--container-mount) and that the gate does not see: no
 * `volumes` entry of the policy says where the gate has them. With --root also the files of its pod
 * that every container has, where the image leads them to another place. What the gate finds beneath such a
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

/* What lies over a part of a volume. */
struct ig_hidden_part {
    const char *path;  /* on the volume; "." for all of it; borrowed */
    const struct ig_hidden *by;
};
struct ig_hidden_parts {
    struct ig_hidden_part *list;  /* owned */
    size_t count;
};
void ig_hidden_parts(const struct ig_scene *scene, const struct ig_subject *volume,
                     struct ig_hidden_parts *out);
/* The part that PATH (on the volume, "." for all of it) is or lies in; NULL where it is seen. */
const struct ig_hidden_part *ig_hidden_part_of(const struct ig_hidden_parts *parts,
                                               const char *path);
/* R becomes ERROR: PART cannot be looked at. */
void ig_say_hidden_part(const struct ig_hidden_part *part, struct ig_result *r);
/* Is PATH, on a volume, FOLDER or below it? "." is above all. */
bool ig_part_below(const char *path, const char *folder);

#endif
