/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "policy/decode.h"
#include "policy/json_strict.h"
#include "policy/names.h"
#include "policy/subject.h"

struct ig_policy *ig_policy_new(const struct ig_spec *const *specs)
{
    struct ig_policy *policy = ig_alloc(sizeof *policy);
    policy->run_as.caps = IG_CAPS_RUNTIME_DEFAULT;
    policy->trusted_uids = ig_alloc_array(1, sizeof *policy->trusted_uids);
    policy->trusted_uid_count = 1;
    ig_subject_insert(policy, specs, IG_KIND_PROC, "/proc");
    return policy;
}

void ig_policy_free(struct ig_policy *policy)
{
    if (policy == NULL) {
        return;
    }
    for (size_t i = 0; i < policy->subject_count; i++) {
        ig_subject_clear(&policy->subjects[i]);
    }
    for (size_t i = 0; i < policy->env_count; i++) {
        free(policy->env[i].name);
        free(policy->env[i].value);
    }
    free(policy->subjects);
    free(policy->env);
    free(policy->trusted_uids);
    free(policy->run_as.groups);
    free(policy->name);
    free(policy);
}

struct context {
    struct ig_policy *policy;
    const struct ig_spec *const *specs;
};

typedef int (*decoder)(struct context *c, const cJSON *value, const struct ig_where *where,
                       struct ig_error *e);

/* `"apiVersion": "..."` and `"kind": "..."`: one value each. */
static int decode_constant(const cJSON *value, const char *expected, const char *wrong,
                           const struct ig_where *where, struct ig_error *e)
{
    char *text IG_AUTO_FREE = NULL;
    if (ig_decode_string(value, &text, where, e) < 0) {
        return -1;
    }
    if (strcmp(text, expected) != 0) {
        char *shown IG_AUTO_FREE = ig_shown(text);
        return ig_fault(where, e, wrong, shown, expected);
    }
    return 0;
}

static int decode_api_version(struct context *c, const cJSON *value, const struct ig_where *where,
                              struct ig_error *e)
{
    (void)c;
    return decode_constant(value, IG_POLICY_API_VERSION,
                           "%s is not supported; this version of initgate reads \"%s\"", where, e);
}

static int decode_kind(struct context *c, const cJSON *value, const struct ig_where *where,
                       struct ig_error *e)
{
    (void)c;
    return decode_constant(value, IG_POLICY_KIND, "is %s where \"%s\" is expected", where, e);
}

static int decode_metadata(struct context *c, const cJSON *value, const struct ig_where *where,
                           struct ig_error *e)
{
    static const char *const keys[] = {"name", NULL};
    if (ig_decode_keys(value, keys, where, e) < 0) {
        return -1;
    }
    const cJSON *name = ig_decode_member(value, "name");
    struct ig_where at = {.up = where, .key = "name"};
    return name != NULL ? ig_decode_string(name, &c->policy->name, &at, e) : 0;
}

static int decode_id(const cJSON *object, const char *key, uint32_t *out,
                     const struct ig_where *where, struct ig_error *e)
{
    struct ig_where at = {.up = where, .key = key};
    const cJSON *value = ig_decode_member(object, key);
    uint64_t id;
    if (value == NULL) {
        return ig_fault(&at, e, "is missing");
    }
    if (ig_decode_uint(value, IG_POLICY_ID_MAX, &id, &at, e) < 0) {
        return -1;
    }
    *out = (uint32_t)id;
    return 0;
}

static int decode_groups(const cJSON *value, struct ig_cred *cred, const struct ig_where *where,
                         struct ig_error *e)
{
    struct ig_uints ids = {0};
    int result = ig_decode_uints(value, IG_POLICY_ID_MAX, &ids, where, e);
    if (result == 0) {
        cred->groups = ig_alloc_array(ids.count, sizeof *cred->groups);
        for (; cred->group_count < ids.count; cred->group_count++) {
            cred->groups[cred->group_count] = (uint32_t)ids.list[cred->group_count];
        }
    }
    free(ids.list);
    return result;
}

static int decode_capabilities(const cJSON *value, uint64_t *caps, const struct ig_where *where,
                               struct ig_error *e)
{
    if (!cJSON_IsArray(value)) {
        return ig_decode_type_fault(value, "an array of capability names", where, e);
    }
    *caps = 0;
    size_t index = 0;
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        struct ig_where at = {.up = where, .index = index};
        index++;
        char *name IG_AUTO_FREE = NULL;
        if (ig_decode_string(item, &name, &at, e) < 0) {
            return -1;
        }
        if (strcmp(name, "ALL") == 0) {
            return ig_fault(&at, e, "\"ALL\" is no capability; name each one that the container "
                                    "has, or leave the key out for the runtime's default set");
        }
        int number = ig_cap_from_name(name);
        if (number < 0) {
            char *shown IG_AUTO_FREE = ig_shown(name);
            return ig_fault(&at, e, "%s is no capability; see capabilities(7)", shown);
        }
        *caps |= UINT64_C(1) << number;
    }
    return 0;
}

static int decode_run_as(struct context *c, const cJSON *value, const struct ig_where *where,
                         struct ig_error *e)
{
    static const char *const keys[] = {"uid", "gid", "groups", "capabilities", NULL};
    struct ig_policy *p = c->policy;
    if (ig_decode_keys(value, keys, where, e) < 0 ||
        decode_id(value, "uid", &p->run_as.uid, where, e) < 0 ||
        decode_id(value, "gid", &p->run_as.gid, where, e) < 0) {
        return -1;
    }
    p->run_as_set = true;
    const cJSON *groups = ig_decode_member(value, "groups");
    struct ig_where at = {.up = where, .key = "groups"};
    if (groups != NULL && decode_groups(groups, &p->run_as, &at, e) < 0) {
        return -1;
    }
    const cJSON *capabilities = ig_decode_member(value, "capabilities");
    at.key = "capabilities";
    p->capabilities_set = capabilities != NULL;
    return capabilities != NULL ? decode_capabilities(capabilities, &p->run_as.caps, &at, e) : 0;
}

static int decode_trusted(struct context *c, const cJSON *value, const struct ig_where *where,
                          struct ig_error *e)
{
    struct ig_uints ids = {0};
    if (ig_decode_uints(value, IG_POLICY_ID_MAX, &ids, where, e) < 0) {
        free(ids.list);
        return -1;
    }
    free(c->policy->trusted_uids);
    c->policy->trusted_uids = ids.list;
    c->policy->trusted_uid_count = ids.count;
    return 0;
}

static int compare_env(const void *a, const void *b)
{
    const struct ig_env *const *x = a;
    const struct ig_env *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Sorted, since nothing bounds how many there are. */
static int env_twice(const struct ig_policy *p, const struct ig_where *where, struct ig_error *e)
{
    const struct ig_env **sorted IG_AUTO_FREE = ig_alloc_array(p->env_count, sizeof *sorted);
    for (size_t i = 0; i < p->env_count; i++) {
        sorted[i] = &p->env[i];
    }
    qsort(sorted, p->env_count, sizeof *sorted, compare_env);
    for (size_t i = 1; i < p->env_count; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            struct ig_where at = {.up = where, .key = sorted[i]->name};
            return ig_fault(&at, e, "the key is there twice");
        }
    }
    return 0;
}

static int decode_env(struct context *c, const cJSON *value, const struct ig_where *where,
                      struct ig_error *e)
{
    struct ig_policy *p = c->policy;
    if (!cJSON_IsObject(value)) {
        return ig_decode_type_fault(value, "an object of names and strings", where, e);
    }
    size_t n = 0;
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        n++;
    }
    p->env = ig_alloc_array(n, sizeof *p->env);
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        struct ig_where at = {.up = where, .key = item->string};
        if (*item->string == '\0' || strchr(item->string, '=') != NULL) {
            return ig_fault(&at, e, "is no name of an environment variable");
        }
        if (!cJSON_IsString(item)) {
            return ig_decode_type_fault(item, "a string", &at, e);
        }
        p->env[p->env_count++] = (struct ig_env){.name = ig_strdup(item->string),
                                                 .value = ig_strdup(item->valuestring)};
    }
    return env_twice(p, where, e);
}

static int decode_subjects(struct context *c, enum ig_kind kind, const cJSON *value,
                           const struct ig_where *where, struct ig_error *e)
{
    if (!cJSON_IsArray(value)) {
        return ig_decode_type_fault(value, "an array", where, e);
    }
    size_t index = 0;
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        struct ig_where at = {.up = where, .index = index};
        index++;
        struct ig_subject *subject = ig_subject_insert(c->policy, c->specs, kind, "");
        if (ig_subject_decode(item, subject, &at, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static int decode_binaries(struct context *c, const cJSON *value, const struct ig_where *where,
                           struct ig_error *e)
{
    return decode_subjects(c, IG_KIND_BINARY, value, where, e);
}

static int decode_files(struct context *c, const cJSON *value, const struct ig_where *where,
                        struct ig_error *e)
{
    return decode_subjects(c, IG_KIND_FILE, value, where, e);
}

static int decode_volumes(struct context *c, const cJSON *value, const struct ig_where *where,
                          struct ig_error *e)
{
    return decode_subjects(c, IG_KIND_VOLUME, value, where, e);
}

static int decode_proc(struct context *c, const cJSON *value, const struct ig_where *where,
                       struct ig_error *e)
{
    c->policy->proc_given = true;
    return ig_subject_decode(value, ig_subject_find(c->policy, IG_KIND_PROC, "/proc"), where, e);
}

static const struct {
    const char *key;
    decoder decode;
    bool required;
} members[] = {
    /* First, since a later version's policy is told by it and not by its new keys. */
    {"apiVersion", decode_api_version, true},
    {"kind", decode_kind, true},
    {"metadata", decode_metadata, false},
    {"runAs", decode_run_as, false},
    {"trustedUids", decode_trusted, false},
    {"env", decode_env, false},
    {"binaries", decode_binaries, false},
    {"files", decode_files, false},
    {"proc", decode_proc, false},
    {"volumes", decode_volumes, false},
};

static int decode_policy(struct context *c, const cJSON *root, struct ig_error *e)
{
    const char *keys[IG_COUNT(members) + 1] = {NULL};
    for (size_t i = 0; i < IG_COUNT(members); i++) {
        keys[i] = members[i].key;
    }
    struct ig_where version = {.key = "apiVersion"};
    const cJSON *value = cJSON_IsObject(root) ? ig_decode_member(root, version.key) : NULL;
    if ((value != NULL && decode_api_version(c, value, &version, e) < 0) ||
        ig_decode_keys(root, keys, NULL, e) < 0) {
        return -1;
    }
    for (size_t i = 0; i < IG_COUNT(members); i++) {
        struct ig_where at = {.key = members[i].key};
        value = ig_decode_member(root, at.key);
        if (value == NULL && members[i].required) {
            return ig_fault(&at, e, "is missing; a policy begins with \"apiVersion\": \"%s\", "
                                    "\"kind\": \"%s\"",
                            IG_POLICY_API_VERSION, IG_POLICY_KIND);
        }
        if (value != NULL && members[i].decode(c, value, &at, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (memchr(" \t\r\n", text[i], 4) == NULL) {
            return false;
        }
    }
    return true;
}

int ig_policy_parse(const char *text, size_t length, const struct ig_spec *const *specs,
                    struct ig_policy **out, struct ig_error *e)
{
    if (is_blank(text, length)) {
        return ig_error_set(e, 0, "the policy is empty");
    }
    if (length > IG_POLICY_BYTES_MAX) {
        return ig_error_set(e, 0, "the policy is larger than 16 MiB");
    }
    if (ig_json_strict(text, length, e) < 0) {
        return -1;
    }
    /* Memory that runs out is no fault of the policy's (exit code 2). */
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = ig_alloc, .free_fn = free});
    cJSON *root = cJSON_ParseWithLength(text, length);
    if (root == NULL) {
        return ig_error_set(e, 0, "the policy is valid JSON that could not be read in");
    }
    struct context c = {.policy = ig_policy_new(specs), .specs = specs};
    int result = decode_policy(&c, root, e);
    cJSON_Delete(root);
    if (result < 0) {
        ig_policy_free(c.policy);
    } else {
        *out = c.policy;
    }
    return result;
}
