/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy may say, as tables. One table drives JSON decoding, unknown-key
 * errors, `initgate schema` and `initgate list`; a check adds its own rows and
 * never sees JSON.
 */
#ifndef IG_POLICY_SPEC_H
#define IG_POLICY_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum ig_kind { IG_KIND_BINARY, IG_KIND_FILE, IG_KIND_PROC, IG_KIND_VOLUME, IG_KIND_COUNT };

/* Values as they lie in a check's parameter struct. All zero means "not given". */
enum ig_tri { IG_UNSET = 0, IG_FALSE, IG_TRUE };

struct ig_opt_uint {
    bool set;
    uint64_t value;
};

struct ig_strings {
    bool set;      /* given, if only as [] */
    char **list;   /* owned, COUNT strings */
    size_t count;
};

struct ig_uints {
    bool set;
    uint64_t *list;  /* owned */
    size_t count;
};

enum ig_type {
    IG_TYPE_BOOL,     /* enum ig_tri */
    IG_TYPE_UINT,     /* struct ig_opt_uint; 0 to param->max */
    IG_TYPE_MODE,     /* struct ig_opt_uint; JSON string of 3 or 4 octal digits, "0644" */
    IG_TYPE_STRING,   /* char *, owned; not empty */
    IG_TYPE_PATH,     /* char *, owned; an absolute path without "." or ".." components, normal */
    IG_TYPE_SHA256,   /* char *, owned; 64 hex digits, stored in lower case */
    IG_TYPE_ENUM,     /* int: 1 + index into param->values; 0 not given */
    IG_TYPE_PATHS,    /* struct ig_strings of IG_TYPE_PATH */
    IG_TYPE_RELATIVE_PATHS, /* struct ig_strings: paths below a volume, "." the whole of it; without
                               other "." and ".." components; a final slash may be given, is not kept */
    IG_TYPE_UINTS,    /* struct ig_uints of 0 to param->max */
    IG_TYPE_OBJECT,   /* the struct that param->params describes, embedded at offset */
};

struct ig_param {
    const char *name;          /* JSON key */
    enum ig_type type;
    size_t offset;             /* into the struct that holds it */
    const char *summary;       /* one line, for the schema's "description" */
    const char *const *values; /* of an enum, ending with NULL */
    uint64_t max;              /* of UINT and UINTS */
    const struct ig_param *params; /* of an object, ending with name NULL */
    bool required;
    /* May also stand directly under the subject, beside the check's key:
     * a file's "sha256", "mode" and "owner", a volume's "readOnly". */
    bool lifted;
    /* `"key": VALUE` under the subject is short for `"key": {"name": VALUE}`. */
    bool short_form;
    /* Of an enum: JSON numbers are taken as their decimal text ("hidepid": 2). */
    bool number_too;
};

/* The part of a check that concerns the policy. */
struct ig_spec {
    const char *id;          /* "binary.sha256" */
    const char *key;         /* "sha256"; "hostPid" for proc.host_pid */
    enum ig_kind kind;
    const char *summary;     /* one line: passes when ... */
    const struct ig_param *params;  /* ending with name NULL; NULL where it takes none */
    size_t params_size;      /* of the struct the params describe; 0 without params */
    /* Runs only where the policy names its key (proc.privileged, ...). */
    bool on_request;
    /* Part of what `verify --scan` asks of each file it finds. */
    bool scanned;
    /* Optional: is this combination of parameters meaningful? -1 with a sentence. */
    int (*validate)(const void *params, struct ig_error *e);
};

#endif
