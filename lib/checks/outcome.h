/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the results of a run. */
#ifndef IG_CHECKS_OUTCOME_H
#define IG_CHECKS_OUTCOME_H

#include "checks/scene.h"
#include "report/result.h"

/* Copy FROM into TO, but for whose result it is; FROM loses its items. */
void ig_outcome_take(struct ig_result *to, struct ig_result *from);
/* ERROR for every result of REPORT that says nothing yet. WHY: what ended the run; NULL for nothing. */
void ig_outcome_unevaluated(struct ig_report *report, const char *why);
/* The failure of a --root that is unfit, where nothing else of REPORT failed. */
void ig_outcome_root(struct ig_report *report, const struct ig_scene *scene);

#endif
