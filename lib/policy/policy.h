/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy as plain data, from JSON and from flags. Strict, since what is
 * misread is not checked: unknown or duplicate keys, wrong types, trailing text,
 * NUL, invalid UTF-8, numbers out of range and more than 32 levels are errors
 * with the JSON path of the fault.
 */
#ifndef IG_POLICY_POLICY_H
#define IG_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/error.h"
#include "kernel/cred.h"
#include "policy/spec.h"

enum { IG_POLICY_BYTES_MAX = 16 << 20 };

enum ig_severity { IG_SEVERITY_DEFAULT, IG_SEVERITY_WARN, IG_SEVERITY_FAIL };

/* One check's configuration for one subject. */
struct ig_setting {
    const struct ig_spec *spec;
    bool given;     /* the policy names the key (or a lifted parameter) */
    bool off;       /* `"key": false` */
    enum ig_severity severity;
    void *params;   /* zeroed where nothing was given; NULL where the check takes none */
};

/* How a subject came into the policy. */
enum ig_scanned {
    IG_SCANNED_NOT,      /* it is named */
    IG_SCANNED_PROGRAM,  /* `--scan` found it */
    IG_SCANNED_LIBRARY,  /* likewise; what it lacks its program may supply */
};

struct ig_subject {
    enum ig_kind kind;
    enum ig_scanned scanned;
    char *path;     /* as given; of a volume its mountPath; "/proc" */
    char *at;       /* of a volume: where the gate has it mounted; NULL where the same */
    struct ig_setting *settings;  /* one for each spec of this kind, in the table's order; of a
                                     scanned subject only those that a scan asks */
    size_t setting_count;
};

struct ig_env {
    char *name, *value;
};

struct ig_policy {
    char *name;                 /* metadata.name or NULL */
    bool run_as_set;
    bool capabilities_set;
    struct ig_cred run_as;      /* valid where run_as_set; caps is IG_CAPS_RUNTIME_DEFAULT where not given */
    uint64_t *trusted_uids;     /* as given; {0} where not. */
    size_t trusted_uid_count;
    struct ig_env *env;
    size_t env_count;
    bool proc_given;            /* the policy has a "proc" key */
    struct ig_subject *subjects;  /* binaries, files, proc (always exactly one), volumes: in this order */
    size_t subject_count;
};

/* A policy that names nothing yet: one "/proc" subject with nothing given.
 * SPECS ends with NULL and must outlive it. */
struct ig_policy *ig_policy_new(const struct ig_spec *const *specs);
void ig_policy_free(struct ig_policy *policy);

/* Parse LENGTH bytes of JSON. *OUT is owned by the caller. -1 with a text such as
 * `binaries[0].sha25: unknown key; did you mean "sha256"?`. */
int ig_policy_parse(const char *text, size_t length, const struct ig_spec *const *specs,
                    struct ig_policy **out, struct ig_error *e);

/* What flags and variables add; never replaces or relaxes. -1 where it contradicts.
 * A binary or file that the policy has already gets SHA256 where it had none (also where
 * the policy had switched that check off); another digest for it is a contradiction. SHA256 may be NULL. */
int ig_policy_add(struct ig_policy *policy, const struct ig_spec *const *specs, enum ig_kind kind,
                  const char *path, const char *sha256, struct ig_error *e);
/* A binary that a scan found, with the checks of a scan alone. Nothing where it is named already. */
void ig_policy_add_scanned(struct ig_policy *policy, const struct ig_spec *const *specs,
                           const char *path, enum ig_scanned scanned);
/* "UID:GID[,GID...]". A contradiction where the policy says otherwise. */
int ig_policy_add_run_as(struct ig_policy *policy, const char *text, struct ig_error *e);
/* A checksum file (sha256sum(1), GNU or BSD --tag form; a leading backslash marks an escaped
 * name; "#" comment lines are passed over as sha256sum -c does): each entry becomes a file.
 * A garbage line or no entry is -1 with the line's number. */
int ig_policy_add_sums(struct ig_policy *policy, const struct ig_spec *const *specs,
                       const char *text, size_t length, struct ig_error *e);

/* To be called once all is added: at least one binary, file, volume or "proc" key; no path
 * twice in one family; no path with two digests across families. */
int ig_policy_check(const struct ig_policy *policy, struct ig_error *e);

/* JSON Schema (draft 2020-12) of the policy, from the same tables. */
void ig_policy_schema(const struct ig_spec *const *specs, struct ig_buf *out);

/* The setting of check ID in SUBJECT; NULL where that kind has no such check. */
struct ig_setting *ig_subject_setting(const struct ig_subject *subject, const char *id);

#endif
