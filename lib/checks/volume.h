/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A volume under judgement: looked up once, before any file of the run (unless that hangs), held
 * open until the whole run has ended, and looked at again then, so that all its files are judged
 * between the two looks.
 */
#ifndef IG_CHECKS_VOLUME_H
#define IG_CHECKS_VOLUME_H

#include <stdbool.h>

#include "checks/generation.h"
#include "checks/scene.h"
#include "report/result.h"

struct ig_question;
struct ig_tree;

struct ig_volume {
    bool opened;
    const char *at;               /* where the gate's own container has it; borrowed */
    struct ig_walk walk;          /* to there, in scene->own; walk.error where that failed */
    const struct ig_mount *mount; /* exactly there, in scene->mounts; NULL where nothing is mounted */
    struct ig_tree *quiet;        /* volume.writers' first look; NULL where it took none */
    struct ig_meta quiet_file;    /* the same of a volume that is a single file; no ACL */
    bool quiet_file_known;
    struct ig_tree *compared;     /* what volume.tree passed; NULL where it did not */
    struct ig_generation generation; /* of a ConfigMap and its like: what "..data" led to */
};

void ig_volume_open(struct ig_volume *volume, const struct ig_scene *scene,
                    const struct ig_subject *subject);
void ig_volume_close(struct ig_volume *volume);

/* Could it be looked at? False where its place does not exist or this container's mounts cannot be
 * read: R says so. */
bool ig_volume_seen(const struct ig_question *q, struct ig_result *r);
/* The same, and something is mounted there: to be asked by checks of the mount itself. */
bool ig_volume_is_mounted(const struct ig_question *q, struct ig_result *r);

/* The subPath that was mounted, as far as mountinfo tells: "conf/app.yaml"; malloc'd. NULL where it
 * does not tell, or the whole volume is mounted. */
char *ig_volume_subpath(const struct ig_volume *volume);

/* For the `needs` of checks that mean nothing on a folder of the image. */
extern const char *const ig_volume_needs_mounted[];

#endif
