/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who could replace what a walk found: mode bits, ACLs and owners of the file
 * and of every directory and link that led to it (DESIGN "Who may write, and
 * how bad it is"; doc/trust.md gives the rule as a table).
 */
#ifndef IG_CHECKS_TRUST_H
#define IG_CHECKS_TRUST_H

#include "checks/scene.h"
#include "report/result.h"

enum ig_trust_rule {
    IG_TRUST_PROGRAM,  /* what the program's own user could replace is a warning */
    IG_TRUST_LOADER,   /* the same is a failure: it runs before the program's first instruction */
};

struct ig_trust {
    enum ig_outcome status;  /* PASS, WARN, FAIL; ERROR where an ACL could not be read */
    char *text;             /* "the directory /app may be written by anyone (mode 0777)"; owned;
                               NULL for PASS */
    char *fix;              /* owned; NULL for PASS */
};

/* The worst that can be said of WALK (which succeeded). */
struct ig_trust ig_trust_judge(const struct ig_scene *scene, const struct ig_walk *walk,
                               enum ig_trust_rule rule);
void ig_trust_free(struct ig_trust *trust);

#endif
