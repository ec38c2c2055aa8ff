/* SPDX-License-Identifier: Apache-2.0 */
/* All checks of one subject, in order. */
#ifndef IG_CHECKS_SUBJECT_H
#define IG_CHECKS_SUBJECT_H

#include "checks/scene.h"
#include "checks/shared.h"
#include "checks/volume.h"
#include "policy/policy.h"
#include "report/result.h"

/* Fill one result for each of SUBJECT's settings. PUBLISH is called for each as soon as it is known
 * (a watchdog may end the run before the others are), and once more at the end for those that a
 * change of the file turned into an error. Of a volume, VOLUME is open. USES
 * grows by the libraries that the results rest on, for the caller to look at again. */
void ig_subject_run(const struct ig_scene *scene, const struct ig_subject *subject,
                    struct ig_volume *volume, struct ig_uses *uses,
                    void (*publish)(void *context, size_t index, struct ig_result *result),
                    void *context);

/* A volume's last look, when everything else was judged: SAID are its results so far. PUBLISH is called
 * for those that no longer hold. */
void ig_subject_again(const struct ig_scene *scene, const struct ig_subject *subject,
                      struct ig_volume *volume, const struct ig_result *said,
                      void (*publish)(void *context, size_t index, struct ig_result *result),
                      void *context);

#endif
