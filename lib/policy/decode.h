/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values into C values, as tables of parameters say. Each function returns
 * -1 with a sentence that names the JSON path of the fault. What was stored up
 * to there stays with the caller, who frees it with the rest.
 */
#ifndef IG_POLICY_DECODE_H
#define IG_POLICY_DECODE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "policy/spec.h"
#include "policy/where.h"

/* "must be WHAT, not a string". Returns -1. */
int ig_decode_type_fault(const cJSON *value, const char *what, const struct ig_where *where,
                         struct ig_error *e);

/* VALUE is an object whose keys are all in ALLOWED (ending with NULL), each at
 * most once. */
int ig_decode_keys(const cJSON *value, const char *const *allowed, const struct ig_where *where,
                   struct ig_error *e);

/* The member of exactly this name, or NULL. */
const cJSON *ig_decode_member(const cJSON *object, const char *name);

/* A whole number from 0 to MAX. */
int ig_decode_uint(const cJSON *value, uint64_t max, uint64_t *out, const struct ig_where *where,
                   struct ig_error *e);
/* An array of them. */
int ig_decode_uints(const cJSON *value, uint64_t max, struct ig_uints *out,
                    const struct ig_where *where, struct ig_error *e);
/* A string that is not empty. */
int ig_decode_string(const cJSON *value, char **out, const struct ig_where *where,
                     struct ig_error *e);
/* An absolute path in normal form. */
int ig_decode_path(const cJSON *value, char **out, const struct ig_where *where,
                   struct ig_error *e);
/* An array of them; RELATIVE: of IG_TYPE_RELATIVE_PATHS. */
int ig_decode_paths(const cJSON *value, bool relative, struct ig_strings *out,
                    const struct ig_where *where, struct ig_error *e);

/* VALUE as PARAM of the struct at BASE. */
int ig_decode_param(const cJSON *value, const struct ig_param *param, void *base,
                    const struct ig_where *where, struct ig_error *e);
/* The members of OBJECT that PARAMS names. Its keys are checked already. */
int ig_decode_params(const cJSON *object, const struct ig_param *params, void *base,
                     const struct ig_where *where, struct ig_error *e);
/* Each required parameter of PARAMS was given. */
int ig_decode_require(const struct ig_param *params, const void *base,
                      const struct ig_where *where, struct ig_error *e);

/* TEXT is 64 hex digits: *OUT is a lower-case copy. Else -1 with a sentence to
 * which the caller puts the name of the thing in front. */
int ig_decode_sha256(const char *text, char **out, struct ig_error *e);

/* Free what the parameters of the struct at BASE own (not BASE itself). */
void ig_params_clear(const struct ig_param *params, void *base);

#endif
