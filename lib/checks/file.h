/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IG_CHECKS_FILE_H
#define IG_CHECKS_FILE_H

#include <stdbool.h>

#include "policy/policy.h"

/* Does the policy take SUBJECT, one of `files`, for a regular file? */
bool ig_file_is_meant(const struct ig_subject *subject);

#endif
