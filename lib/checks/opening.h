/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a run's volumes, each on a thread of its own: one whose server is dead never opens, and must
 * not keep anything else from being judged.
 */
#ifndef IG_CHECKS_OPENING_H
#define IG_CHECKS_OPENING_H

#include "checks/volume.h"

struct ig_openings;

/* Begin to open each of POLICY's volumes into its place in VOLUMES (one for each subject). All is
 * borrowed until ig_openings_free(). */
struct ig_openings *ig_openings_start(const struct ig_scene *scene, const struct ig_policy *policy,
                                      struct ig_volume *volumes);
/* Wait until all are open, but no longer than SECONDS. */
void ig_openings_wait(struct ig_openings *openings, double seconds);
/* Is the volume of that subject open? True of subjects that are none. */
bool ig_openings_done(struct ig_openings *openings, size_t subject);
/* Wait until it is, however long that takes. */
void ig_openings_wait_for(struct ig_openings *openings, size_t subject);
/* Waits for all of them. */
void ig_openings_free(struct ig_openings *openings);

#endif
