/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IG_CHECKS_INTERPRETER_H
#define IG_CHECKS_INTERPRETER_H

#include "checks/check.h"

/* Does the policy say that SUBJECT's loader lies where the gate does not see it
 * ("interpreter": {"visible": false})? */
bool ig_interpreter_elsewhere(const struct ig_subject *subject);

/* The program that the kernel loads in the end: Q's, or a script's last interpreter. NULL (E says
 * why) where there is no such ELF program. */
struct ig_target *ig_final_program(const struct ig_question *q, struct ig_error *e);

#endif
