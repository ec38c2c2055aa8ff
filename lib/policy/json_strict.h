/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict scanner for JSON texts (RFC 8259), run before cJSON, which accepts
 * text after the value, control characters as white space, raw control
 * characters and "\u0000" in strings, numbers such as "01" and "+1", and
 * invalid UTF-8. What a reviewer's JSON tool refuses, or reads otherwise, must
 * not become a policy.
 */
#ifndef IG_POLICY_JSON_STRICT_H
#define IG_POLICY_JSON_STRICT_H

#include <stddef.h>

#include "core/error.h"

enum {
    IG_JSON_DEPTH_MAX = 32,
    /* cJSON 1.7 before 1.7.19 cuts numbers at 63 characters. */
    IG_JSON_NUMBER_MAX = 32,
};

/* -1 with "line L, column C: what is wrong" unless TEXT is one JSON value of at
 * most IG_JSON_DEPTH_MAX levels. Columns count characters. Keys that occur twice
 * are the decoder's to find: it can name their path. */
int ig_json_strict(const char *text, size_t length, struct ig_error *e);

#endif
