/* SPDX-License-Identifier: Apache-2.0 */
/* All checks of one subject, in order. */
#ifndef IG_CHECKS_SUBJECT_H
#define IG_CHECKS_SUBJECT_H

#include "checks/scene.h"
#include "policy/policy.h"
#include "report/result.h"

/* Fill one result for each of SUBJECT's settings. PUBLISH is called for each as soon as it is known
 * (a watchdog may end the run before the others are), and once more at the end for those that a
 * change of the file turned into an error. */
void ig_subject_run(const struct ig_scene *scene, const struct ig_subject *subject,
                    void (*publish)(void *context, size_t index, const struct ig_result *result),
                    void *context);

#endif
