/* SPDX-License-Identifier: Apache-2.0 */
/* A table of checks for the policy's tests: each type, lifted and short forms,
 * like the real one, but its own, so that a new check changes no test here. */
#ifndef IG_TEST_POLICY_TABLE_H
#define IG_TEST_POLICY_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "policy/spec.h"

struct t_digest {
    char *sha256;
};

struct t_interpreter {
    char *path;
    struct ig_strings trusted_dirs;
    enum ig_tri visible;
};

struct t_owner {
    struct ig_opt_uint uid, gid;
};

struct t_attributes {
    int type;
    struct ig_opt_uint mode;
    struct t_owner owner;
    struct ig_uints links;
};

struct t_mode {
    int mode;
};

struct t_mounted {
    char *fs_type;
    int source;
};

struct t_options {
    enum ig_tri read_only, noexec;
    struct ig_strings ignore;
};

struct t_limit {
    enum ig_tri on;
    struct ig_opt_uint big;
};

static const struct ig_param t_digest_short[] = {
    {.name = "sha256", .type = IG_TYPE_SHA256, .offset = offsetof(struct t_digest, sha256),
     .short_form = true, .summary = "the digest"},
    {0},
};

static const struct ig_param t_digest_lifted[] = {
    {.name = "sha256", .type = IG_TYPE_SHA256, .offset = offsetof(struct t_digest, sha256),
     .short_form = true, .lifted = true, .summary = "the digest"},
    {0},
};

static const struct ig_param t_interpreter_params[] = {
    {.name = "path", .type = IG_TYPE_PATH, .offset = offsetof(struct t_interpreter, path),
     .short_form = true, .summary = "what PT_INTERP must be"},
    {.name = "trustedDirs", .type = IG_TYPE_PATHS,
     .offset = offsetof(struct t_interpreter, trusted_dirs), .summary = "where loaders lie"},
    {.name = "visible", .type = IG_TYPE_BOOL, .offset = offsetof(struct t_interpreter, visible),
     .summary = "whether the loader is looked up"},
    {0},
};

static const struct ig_param t_owner_params[] = {
    {.name = "uid", .type = IG_TYPE_UINT, .max = UINT32_MAX - 1,
     .offset = offsetof(struct t_owner, uid), .summary = "owner"},
    {.name = "gid", .type = IG_TYPE_UINT, .max = UINT32_MAX - 1,
     .offset = offsetof(struct t_owner, gid), .summary = "group"},
    {0},
};

static const char *const t_types[] = {"file", "directory", NULL};
static const struct ig_param t_attributes_params[] = {
    {.name = "type", .type = IG_TYPE_ENUM, .values = t_types,
     .offset = offsetof(struct t_attributes, type), .summary = "file type"},
    {.name = "mode", .type = IG_TYPE_MODE, .lifted = true,
     .offset = offsetof(struct t_attributes, mode), .summary = "permission bits"},
    {.name = "owner", .type = IG_TYPE_OBJECT, .params = t_owner_params, .lifted = true,
     .offset = offsetof(struct t_attributes, owner), .summary = "owner and group"},
    {.name = "links", .type = IG_TYPE_UINTS, .max = 9,
     .offset = offsetof(struct t_attributes, links), .summary = "link counts allowed"},
    {0},
};

static const char *const t_hidepid[] = {"any", "0", "1", "2", "invisible", NULL};
static const struct ig_param t_hidepid_params[] = {
    {.name = "mode", .type = IG_TYPE_ENUM, .values = t_hidepid, .short_form = true,
     .number_too = true, .offset = offsetof(struct t_mode, mode), .summary = "hidepid"},
    {0},
};

static const char *const t_sources[] = {"emptyDir", "configMap", NULL};
static const struct ig_param t_mounted_params[] = {
    {.name = "type", .type = IG_TYPE_STRING, .required = true,
     .offset = offsetof(struct t_mounted, fs_type), .summary = "file system"},
    {.name = "source", .type = IG_TYPE_ENUM, .values = t_sources,
     .offset = offsetof(struct t_mounted, source), .summary = "kind of volume"},
    {0},
};

static const struct ig_param t_options_params[] = {
    {.name = "readOnly", .type = IG_TYPE_BOOL, .lifted = true,
     .offset = offsetof(struct t_options, read_only), .summary = "ro or rw"},
    {.name = "noexec", .type = IG_TYPE_BOOL, .offset = offsetof(struct t_options, noexec),
     .summary = "noexec or not"},
    {.name = "ignore", .type = IG_TYPE_RELATIVE_PATHS, .lifted = true,
     .offset = offsetof(struct t_options, ignore), .summary = "what is left out"},
    {0},
};

static const struct ig_param t_limit_params[] = {
    {.name = "on", .type = IG_TYPE_BOOL, .short_form = true,
     .offset = offsetof(struct t_limit, on), .summary = "a switch"},
    {.name = "big", .type = IG_TYPE_UINT, .max = UINT64_MAX,
     .offset = offsetof(struct t_limit, big), .summary = "a large number"},
    {0},
};

static int t_validate_interpreter(const void *given, struct ig_error *e)
{
    const struct t_interpreter *p = given;
    if (p->visible == IG_FALSE && p->path == NULL) {
        return ig_error_set(e, 0, "\"visible\": false needs \"path\"");
    }
    return 0;
}

static const struct ig_spec t_specs_list[] = {
    {.id = "binary.file", .key = "file", .kind = IG_KIND_BINARY, .summary = "is a file"},
    {.id = "binary.sha256", .key = "sha256", .kind = IG_KIND_BINARY, .summary = "has the digest",
     .params = t_digest_short, .params_size = sizeof(struct t_digest)},
    {.id = "binary.interpreter", .key = "interpreter", .kind = IG_KIND_BINARY,
     .summary = "has a loader", .params = t_interpreter_params,
     .params_size = sizeof(struct t_interpreter), .validate = t_validate_interpreter},
    {.id = "file.content", .key = "content", .kind = IG_KIND_FILE, .summary = "has the digest",
     .params = t_digest_lifted, .params_size = sizeof(struct t_digest)},
    {.id = "file.attributes", .key = "attributes", .kind = IG_KIND_FILE, .summary = "is as asked",
     .params = t_attributes_params, .params_size = sizeof(struct t_attributes)},
    {.id = "proc.mounted", .key = "mounted", .kind = IG_KIND_PROC, .summary = "is procfs"},
    {.id = "proc.hidepid", .key = "hidepid", .kind = IG_KIND_PROC, .summary = "hides as asked",
     .params = t_hidepid_params, .params_size = sizeof(struct t_mode), .on_request = true},
    {.id = "proc.limit", .key = "limit", .kind = IG_KIND_PROC, .summary = "is below",
     .params = t_limit_params, .params_size = sizeof(struct t_limit), .on_request = true},
    {.id = "volume.mounted", .key = "mounted", .kind = IG_KIND_VOLUME, .summary = "is a mount",
     .params = t_mounted_params, .params_size = sizeof(struct t_mounted)},
    {.id = "volume.options", .key = "options", .kind = IG_KIND_VOLUME, .summary = "has options",
     .params = t_options_params, .params_size = sizeof(struct t_options)},
};

static const struct ig_spec *const t_specs[] = {
    &t_specs_list[0], &t_specs_list[1], &t_specs_list[2], &t_specs_list[3],
    &t_specs_list[4], &t_specs_list[5], &t_specs_list[6], &t_specs_list[7],
    &t_specs_list[8], &t_specs_list[9], NULL,
};

#endif
