/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects of a policy: made, found, decoded, freed. */
#ifndef IG_POLICY_SUBJECT_H
#define IG_POLICY_SUBJECT_H

#include <cjson/cJSON.h>

#include "policy/policy.h"
#include "policy/where.h"

/* A new subject behind the last of its KIND. The pointer holds until the next
 * insertion. PATH is copied. */
struct ig_subject *ig_subject_insert(struct ig_policy *policy, const struct ig_spec *const *specs,
                                     enum ig_kind kind, const char *path);
void ig_subject_clear(struct ig_subject *subject);

/* The first subject of KIND with this path, compared as ig_path_plain() gives it. */
struct ig_subject *ig_subject_find(const struct ig_policy *policy, enum ig_kind kind,
                                   const char *path);

/* PATH with "//" and "/./" reduced to "/" and a leading "./" left out, malloc'd:
 * for comparing only. ".." stays: what it leads to depends on symlinks. */
char *ig_path_plain(const char *path);

/* Fill a new subject from its JSON object, its path too ("/proc" has none there). */
int ig_subject_decode(const cJSON *object, struct ig_subject *subject,
                      const struct ig_where *where, struct ig_error *e);

/* Where SUBJECT, a binary or a file, keeps the SHA256 asked of it (*slot is NULL
 * where none is), or NULL where none of its checks takes one. *SETTING receives the check's. */
char **ig_subject_sha256(const struct ig_subject *subject, struct ig_setting **setting);

/* Ask SHA256 (64 lower-case digits) of SUBJECT, which asked none. */
int ig_subject_set_sha256(struct ig_subject *subject, const char *sha256, struct ig_error *e);

#endif
