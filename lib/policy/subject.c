/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/subject.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "policy/decode.h"

static void make_settings(struct ig_subject *subject, const struct ig_spec *const *specs)
{
    size_t n = 0;
    for (size_t i = 0; specs[i] != NULL; i++) {
        n += specs[i]->kind == subject->kind;
    }
    subject->settings = ig_alloc_array(n, sizeof *subject->settings);
    for (size_t i = 0; specs[i] != NULL; i++) {
        if (specs[i]->kind == subject->kind) {
            struct ig_setting *s = &subject->settings[subject->setting_count++];
            s->spec = specs[i];
            s->params = specs[i]->params != NULL ? ig_alloc(specs[i]->params_size) : NULL;
        }
    }
}

struct ig_subject *ig_subject_insert(struct ig_policy *policy, const struct ig_spec *const *specs,
                                     enum ig_kind kind, const char *path)
{
    size_t n = policy->subject_count;
    policy->subjects = ig_array_room(policy->subjects, n, sizeof *policy->subjects);
    size_t at = n;
    while (at > 0 && policy->subjects[at - 1].kind > kind) {
        at--;
    }
    struct ig_subject *subject = &policy->subjects[at];
    memmove(subject + 1, subject, (n - at) * sizeof *subject);
    *subject = (struct ig_subject){.kind = kind, .path = ig_strdup(path)};
    make_settings(subject, specs);
    policy->subject_count++;
    return subject;
}

void ig_subject_clear(struct ig_subject *subject)
{
    for (size_t i = 0; i < subject->setting_count; i++) {
        struct ig_setting *s = &subject->settings[i];
        if (s->params != NULL) {
            ig_params_clear(s->spec->params, s->params);
            free(s->params);
        }
    }
    free(subject->settings);
    free(subject->path);
    free(subject->at);
}

char *ig_path_plain(const char *path)
{
    char *plain = ig_alloc(strlen(path) + 1);
    char *out = plain;
    for (const char *p = path; *p != '\0';) {
        bool component_starts = out == plain || out[-1] == '/';
        if (component_starts && p[0] == '.' && p[1] == '/') {
            p += 2;
            /* "./a//b": what follows the dot is still the same slash. */
            p += strspn(p, "/");
        } else if (*p == '/' && out != plain && out[-1] == '/') {
            p++;
        } else {
            *out++ = *p++;
        }
    }
    return plain;
}

struct ig_subject *ig_subject_find(const struct ig_policy *policy, enum ig_kind kind,
                                   const char *path)
{
    char *wanted IG_AUTO_FREE = ig_path_plain(path);
    for (size_t i = 0; i < policy->subject_count; i++) {
        char *plain IG_AUTO_FREE = ig_path_plain(policy->subjects[i].path);
        if (policy->subjects[i].kind == kind && strcmp(plain, wanted) == 0) {
            return &policy->subjects[i];
        }
    }
    return NULL;
}

struct ig_setting *ig_subject_setting(const struct ig_subject *subject, const char *id)
{
    for (size_t i = 0; i < subject->setting_count; i++) {
        if (strcmp(subject->settings[i].spec->id, id) == 0) {
            return &subject->settings[i];
        }
    }
    return NULL;
}

char **ig_subject_sha256(const struct ig_subject *subject, struct ig_setting **setting)
{
    bool has_content = subject->kind == IG_KIND_BINARY || subject->kind == IG_KIND_FILE;
    for (size_t i = 0; has_content && i < subject->setting_count; i++) {
        struct ig_setting *s = &subject->settings[i];
        for (const struct ig_param *p = s->spec->params; p != NULL && p->name != NULL; p++) {
            if (p->type == IG_TYPE_SHA256) {
                *setting = s;
                return (char **)(void *)((char *)s->params + p->offset);
            }
        }
    }
    return NULL;
}

int ig_subject_set_sha256(struct ig_subject *subject, const char *sha256, struct ig_error *e)
{
    struct ig_setting *setting = NULL;
    char **slot = ig_subject_sha256(subject, &setting);
    if (slot == NULL) {
        return ig_error_set(e, 0, "no check of this kind compares digests");
    }
    *slot = ig_strdup(sha256);
    setting->given = true;
    setting->off = false;
    return setting->spec->validate != NULL ? setting->spec->validate(setting->params, e) : 0;
}

static int decode_severity(const cJSON *value, enum ig_severity *out, const struct ig_where *where,
                           struct ig_error *e)
{
    static const char *const names[] = {"warn", "fail", NULL};
    static const struct ig_param severity = {.name = "severity", .type = IG_TYPE_ENUM,
                                             .values = names};
    int chosen = 0;
    if (ig_decode_param(value, &severity, &chosen, where, e) < 0) {
        return -1;
    }
    *out = chosen == 1 ? IG_SEVERITY_WARN : IG_SEVERITY_FAIL;
    return 0;
}

static const struct ig_param *short_form(const struct ig_spec *spec)
{
    for (const struct ig_param *p = spec->params; p != NULL && p->name != NULL; p++) {
        if (p->short_form) {
            return p;
        }
    }
    return NULL;
}

static const struct ig_param *required_param(const struct ig_spec *spec)
{
    for (const struct ig_param *p = spec->params; p != NULL && p->name != NULL; p++) {
        if (p->required) {
            return p;
        }
    }
    return NULL;
}

static int decode_setting_object(const cJSON *value, struct ig_setting *s,
                                 const struct ig_where *where, struct ig_error *e)
{
    size_t n = 0;
    while (s->spec->params != NULL && s->spec->params[n].name != NULL) {
        n++;
    }
    const char **names IG_AUTO_FREE = ig_alloc_array(n + 2, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        names[i] = s->spec->params[i].name;
    }
    names[n] = "severity";
    if (ig_decode_keys(value, names, where, e) < 0) {
        return -1;
    }
    const cJSON *severity = ig_decode_member(value, "severity");
    struct ig_where at = {.up = where, .key = "severity"};
    if (severity != NULL && decode_severity(severity, &s->severity, &at, e) < 0) {
        return -1;
    }
    return n == 0 ? 0 : ig_decode_params(value, s->spec->params, s->params, where, e);
}

/* The value of a check's own key. */
static int decode_setting(const cJSON *value, struct ig_setting *s, const struct ig_where *where,
                          struct ig_error *e)
{
    const struct ig_param *brief = short_form(s->spec);
    s->given = true;
    if (cJSON_IsFalse(value)) {
        s->off = true;
        return 0;
    }
    if (cJSON_IsObject(value)) {
        return decode_setting_object(value, s, where, e);
    }
    if (cJSON_IsTrue(value) && (brief == NULL || brief->type != IG_TYPE_BOOL)) {
        const struct ig_param *needed = required_param(s->spec);
        if (needed != NULL) {
            return ig_fault(where, e, "true is no value here: it needs \"%s\"", needed->name);
        }
        return ig_fault(where, e, "true is no value here; {} runs the check with its defaults, "
                                  "false switches it off");
    }
    if (brief == NULL) {
        return ig_decode_type_fault(value, "an object or false", where, e);
    }
    return ig_decode_param(value, brief, s->params, where, e);
}

/* Parameters that stand directly under the subject. CHECK is the value of the
 * check's own key, NULL where that is not there. */
static int decode_lifted(const cJSON *object, const cJSON *check, struct ig_setting *s,
                         const struct ig_where *where, struct ig_error *e)
{
    for (const struct ig_param *p = s->spec->params; p != NULL && p->name != NULL; p++) {
        if (!p->lifted || strcmp(p->name, s->spec->key) == 0) {
            continue;
        }
        const cJSON *value = ig_decode_member(object, p->name);
        struct ig_where at = {.up = where, .key = p->name};
        if (value == NULL) {
            continue;
        }
        if (s->off) {
            return ig_fault(&at, e, "belongs to \"%s\", which is switched off beside it",
                            s->spec->key);
        }
        if (check != NULL && (cJSON_IsObject(check) ? ig_decode_member(check, p->name) != NULL
                                                    : p->short_form)) {
            return ig_fault(&at, e, "is there twice: here and in \"%s\"", s->spec->key);
        }
        if (ig_decode_param(value, p, s->params, &at, e) < 0) {
            return -1;
        }
        s->given = true;
    }
    return 0;
}

static int finish_setting(const struct ig_setting *s, const struct ig_where *where,
                          struct ig_error *e)
{
    if (!s->given || s->off || s->params == NULL) {
        return 0;
    }
    struct ig_where at = {.up = where, .key = s->spec->key};
    if (ig_decode_require(s->spec->params, s->params, &at, e) < 0) {
        return -1;
    }
    struct ig_error why = {0};
    if (s->spec->validate != NULL && s->spec->validate(s->params, &why) < 0) {
        return ig_fault(&at, e, "%s", why.text);
    }
    return 0;
}

/* The keys that may stand in SUBJECT's object, ending with NULL; free() it. */
static const char **subject_keys(const struct ig_subject *subject)
{
    size_t n = 2;
    for (size_t i = 0; i < subject->setting_count; i++) {
        n++;
        const struct ig_param *p = subject->settings[i].spec->params;
        for (; p != NULL && p->name != NULL; p++) {
            n += p->lifted;
        }
    }
    const char **keys = ig_alloc_array(n + 1, sizeof *keys);
    n = 0;
    if (subject->kind == IG_KIND_VOLUME) {
        keys[n++] = "mountPath";
        keys[n++] = "at";
    } else if (subject->kind != IG_KIND_PROC) {
        keys[n++] = "path";
    }
    for (size_t i = 0; i < subject->setting_count; i++) {
        keys[n++] = subject->settings[i].spec->key;
        const struct ig_param *p = subject->settings[i].spec->params;
        for (; p != NULL && p->name != NULL; p++) {
            if (p->lifted && strcmp(p->name, subject->settings[i].spec->key) != 0) {
                keys[n++] = p->name;
            }
        }
    }
    return keys;
}

/* The keys that say which subject it is. */
static int decode_identity(const cJSON *object, struct ig_subject *subject,
                           const struct ig_where *where, struct ig_error *e)
{
    if (subject->kind == IG_KIND_PROC) {
        return 0;
    }
    bool volume = subject->kind == IG_KIND_VOLUME;
    struct ig_where at = {.up = where, .key = volume ? "mountPath" : "path"};
    const cJSON *value = ig_decode_member(object, at.key);
    if (value == NULL) {
        return ig_fault(&at, e, "is missing");
    }
    char *path = NULL;
    if ((volume ? ig_decode_path(value, &path, &at, e) : ig_decode_string(value, &path, &at, e)) <
        0) {
        return -1;
    }
    free(subject->path);
    subject->path = path;
    at.key = "at";
    value = volume ? ig_decode_member(object, at.key) : NULL;
    return value != NULL ? ig_decode_path(value, &subject->at, &at, e) : 0;
}

int ig_subject_decode(const cJSON *object, struct ig_subject *subject,
                      const struct ig_where *where, struct ig_error *e)
{
    const char **keys IG_AUTO_FREE = subject_keys(subject);
    if (ig_decode_keys(object, keys, where, e) < 0 ||
        decode_identity(object, subject, where, e) < 0) {
        return -1;
    }
    for (size_t i = 0; i < subject->setting_count; i++) {
        struct ig_setting *s = &subject->settings[i];
        const cJSON *value = ig_decode_member(object, s->spec->key);
        struct ig_where at = {.up = where, .key = s->spec->key};
        if ((value != NULL && decode_setting(value, s, &at, e) < 0) ||
            decode_lifted(object, value, s, where, e) < 0 || finish_setting(s, where, e) < 0) {
            return -1;
        }
    }
    return 0;
}
