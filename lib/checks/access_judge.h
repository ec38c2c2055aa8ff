/* SPDX-License-Identifier: Apache-2.0 */
/* One inode of a survey, one way to it, one mount. */
#ifndef IG_CHECKS_ACCESS_JUDGE_H
#define IG_CHECKS_ACCESS_JUDGE_H

#include "checks/access_survey.h"

/* PATH, absolute in the survey's root, as one on the volume ("." the whole): a part of PATH, or
 * static. NULL where it lies elsewhere. */
const char *ig_access_on_volume(const struct ig_access_survey *s, const char *path);

/* Count it, and report it as an item. */
void ig_access_remember(struct ig_access_survey *s, struct ig_access_tally *tally,
                        const char *kind, const char *path, const char *detail);
/* PATH could not be judged. */
void ig_access_problem(struct ig_access_survey *s, const char *path, const char *what);

/* The mount on which the end of WALK lies. 0, or -1 where it cannot be looked at (E says why). */
int ig_access_mount_of(const struct ig_access_survey *s, const struct ig_walk *walk,
                       struct ig_access_mount *out, struct ig_error *e);
/* What owners, ro and noexec mean for what is judged next. */
void ig_access_stand_on(struct ig_access_survey *s, const struct ig_access_mount *mount);
/* Make places to be searched of the folders between the volume and the end of WALK, and report a
 * symlink that may not be followed. */
void ig_access_note_way(struct ig_access_survey *s, const struct ig_walk *walk);
/* May the user do with the inode at PATH on the volume what is ASKED? */
void ig_access_judge(struct ig_access_survey *s, const char *path, const struct ig_meta *meta,
                     unsigned asked);

#endif
