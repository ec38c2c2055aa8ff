/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing an opened file with an expected digest: binary.sha256 and file.content. */
#ifndef IG_CHECKS_DIGESTS_H
#define IG_CHECKS_DIGESTS_H

#include "checks/check.h"

struct ig_digest_params {
    char *sha256;  /* lower-case hex, or NULL */
};

/* WHOSE is "The program's" or "The file's". */
void ig_judge_digest(const struct ig_question *q, const char *whose, struct ig_result *r);

#endif
