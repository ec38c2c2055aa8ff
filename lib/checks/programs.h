/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF programs that one subject makes the kernel load: mostly one; where a script goes through
 * env(1), that first. */
#ifndef IG_CHECKS_PROGRAMS_H
#define IG_CHECKS_PROGRAMS_H

#include "checks/check.h"

/* What a check says of one of them. LAST: no other takes over from it. */
typedef void ig_judge_program(const struct ig_question *q, struct ig_target *program, bool last,
                              struct ig_result *r);

/* Judge each in turn, up to one that would not start. R gets what is said of the last of them, or an
 * earlier one's warning where that one only passes. False where no last program is reached and none
 * before it is at fault: E says why. */
bool ig_programs_judge(const struct ig_question *q, ig_judge_program *judge, struct ig_result *r,
                       struct ig_error *e);

#endif
