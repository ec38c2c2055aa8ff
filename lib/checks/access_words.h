/* SPDX-License-Identifier: Apache-2.0 */
/* What a survey of a volume found, in words. */
#ifndef IG_CHECKS_ACCESS_WORDS_H
#define IG_CHECKS_ACCESS_WORDS_H

#include "checks/access_survey.h"

/* Fill R, whose items SURVEY has put there, with the verdict and the one change that mends it. LISTS:
 * as ig_access_survey_run() had them. */
void ig_access_say(struct ig_access_survey *survey, const struct ig_strings *const *lists,
                   struct ig_result *r);

#endif
