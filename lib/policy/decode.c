/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

enum { SHA256_DIGITS = 64 };

/* Up to here each whole number has a double of its own: cJSON keeps doubles. */
static const uint64_t exact_max = (UINT64_C(1) << 53) - 1;

static const char *type_name(const cJSON *value)
{
    if (cJSON_IsString(value)) {
        return "a string";
    }
    if (cJSON_IsNumber(value)) {
        return "a number";
    }
    if (cJSON_IsObject(value)) {
        return "an object";
    }
    if (cJSON_IsArray(value)) {
        return "an array";
    }
    return cJSON_IsTrue(value) ? "true" : cJSON_IsFalse(value) ? "false" : "null";
}

int ig_decode_type_fault(const cJSON *value, const char *what, const struct ig_where *where,
                         struct ig_error *e)
{
    return ig_fault(where, e, "must be %s, not %s", what, type_name(value));
}

static int unknown_key(const char *key, const char *const *allowed, const struct ig_where *where,
                       struct ig_error *e)
{
    struct ig_where at = {.up = where, .key = key};
    const char *near = ig_suggest(key, allowed);
    if (near != NULL) {
        return ig_fault(&at, e, "unknown key; did you mean \"%s\"?", near);
    }
    struct ig_buf list IG_AUTO_BUF = {0};
    for (size_t i = 0; allowed[i] != NULL; i++) {
        ig_buf_addf(&list, "%s%s", i != 0 ? ", " : "", allowed[i]);
    }
    return ig_fault(&at, e, "unknown key; known here: %s",
                    allowed[0] != NULL ? ig_buf_text(&list) : "none");
}

int ig_decode_keys(const cJSON *value, const char *const *allowed, const struct ig_where *where,
                   struct ig_error *e)
{
    if (!cJSON_IsObject(value)) {
        return ig_decode_type_fault(value, "an object", where, e);
    }
    for (const cJSON *member = value->child; member != NULL; member = member->next) {
        size_t i = 0;
        while (allowed[i] != NULL && strcmp(allowed[i], member->string) != 0) {
            i++;
        }
        if (allowed[i] == NULL) {
            return unknown_key(member->string, allowed, where, e);
        }
        /* The first of that name: all keys before are known and differ, so this stays cheap. */
        if (ig_decode_member(value, member->string) != member) {
            struct ig_where at = {.up = where, .key = member->string};
            return ig_fault(&at, e, "the key is there twice");
        }
    }
    return 0;
}

const cJSON *ig_decode_member(const cJSON *object, const char *name)
{
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        if (strcmp(member->string, name) == 0) {
            return member;
        }
    }
    return NULL;
}

int ig_decode_uint(const cJSON *value, uint64_t max, uint64_t *out, const struct ig_where *where,
                   struct ig_error *e)
{
    if (!cJSON_IsNumber(value)) {
        return ig_decode_type_fault(value, "a number", where, e);
    }
    max = max < exact_max ? max : exact_max;
    double d = value->valuedouble;
    if (!(d >= 0) || d > (double)max || (double)(uint64_t)d < d) {
        return ig_fault(where, e, "must be a whole number from 0 to %" PRIu64, max);
    }
    *out = (uint64_t)d;
    return 0;
}

static size_t array_size(const cJSON *array)
{
    size_t n = 0;
    for (const cJSON *item = array->child; item != NULL; item = item->next) {
        n++;
    }
    return n;
}

int ig_decode_uints(const cJSON *value, uint64_t max, struct ig_uints *out,
                    const struct ig_where *where, struct ig_error *e)
{
    if (!cJSON_IsArray(value)) {
        return ig_decode_type_fault(value, "an array of numbers", where, e);
    }
    out->set = true;
    out->list = ig_alloc_array(array_size(value), sizeof *out->list);
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        struct ig_where at = {.up = where, .index = out->count};
        if (ig_decode_uint(item, max, &out->list[out->count], &at, e) < 0) {
            return -1;
        }
        out->count++;
    }
    return 0;
}

int ig_decode_string(const cJSON *value, char **out, const struct ig_where *where,
                     struct ig_error *e)
{
    if (!cJSON_IsString(value)) {
        return ig_decode_type_fault(value, "a string", where, e);
    }
    if (*value->valuestring == '\0') {
        return ig_fault(where, e, "is empty");
    }
    *out = ig_strdup(value->valuestring);
    return 0;
}

static int decode_mode(const cJSON *value, struct ig_opt_uint *out, const struct ig_where *where,
                       struct ig_error *e)
{
    static const char what[] = "a string of 3 or 4 octal digits, such as \"0644\"";
    if (!cJSON_IsString(value)) {
        return ig_decode_type_fault(value, what, where, e);
    }
    const char *text = value->valuestring;
    size_t n = strspn(text, "01234567");
    if (text[n] != '\0' || n < 3 || n > 4) {
        char *shown IG_AUTO_FREE = ig_shown(text);
        return ig_fault(where, e, "must be %s, not %s", what, shown);
    }
    for (out->value = 0; *text != '\0'; text++) {
        out->value = out->value << 3 | (uint64_t)(*text - '0');
    }
    out->set = true;
    return 0;
}

int ig_decode_sha256(const char *text, char **out, struct ig_error *e)
{
    if (text[strspn(text, " \t\r\n\v\f")] == '\0') {
        return ig_error_set(e, 0, "is %s; give 64 hex digits, or leave it out where no digest is "
                                  "asked", *text == '\0' ? "empty" : "blank");
    }
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    if (text[n] != '\0' || n != SHA256_DIGITS) {
        char *shown IG_AUTO_FREE = ig_shown(text);
        return ig_error_set(e, 0, "must be 64 hex digits, not %s", shown);
    }
    char *copy = ig_strdup(text);
    for (char *c = copy; *c != '\0'; c++) {
        *c = (char)(*c >= 'A' && *c <= 'F' ? *c - 'A' + 'a' : *c);
    }
    *out = copy;
    return 0;
}

static int decode_sha256(const cJSON *value, char **out, const struct ig_where *where,
                         struct ig_error *e)
{
    if (!cJSON_IsString(value)) {
        return ig_decode_type_fault(value, "a string of 64 hex digits", where, e);
    }
    struct ig_error why = {0};
    return ig_decode_sha256(value->valuestring, out, &why) < 0 ? ig_fault(where, e, "%s", why.text)
                                                               : 0;
}

static int decode_enum(const cJSON *value, const struct ig_param *param, int *out,
                       const struct ig_where *where, struct ig_error *e)
{
    char number[24];
    const char *text = value->valuestring;
    if (param->number_too && cJSON_IsNumber(value)) {
        uint64_t n = 0;
        if (ig_decode_uint(value, exact_max, &n, where, e) < 0) {
            return -1;
        }
        snprintf(number, sizeof number, "%" PRIu64, n);
        text = number;
    } else if (!cJSON_IsString(value)) {
        return ig_decode_type_fault(value, param->number_too ? "a string or a number" : "a string",
                                    where, e);
    }
    struct ig_buf list IG_AUTO_BUF = {0};
    for (int i = 0; param->values[i] != NULL; i++) {
        if (strcmp(param->values[i], text) == 0) {
            *out = i + 1;
            return 0;
        }
        ig_buf_addf(&list, "%s\"%s\"", i == 0 ? "" : param->values[i + 1] != NULL ? ", " : " or ",
                    param->values[i]);
    }
    char *shown IG_AUTO_FREE = ig_shown(text);
    return ig_fault(where, e, "must be %s, not %s", ig_buf_text(&list), shown);
}

static int decode_bool(const cJSON *value, enum ig_tri *out, const struct ig_where *where,
                       struct ig_error *e)
{
    if (!cJSON_IsBool(value)) {
        return ig_decode_type_fault(value, "true or false", where, e);
    }
    *out = cJSON_IsTrue(value) ? IG_TRUE : IG_FALSE;
    return 0;
}

static int decode_object(const cJSON *value, const struct ig_param *params, void *base,
                         const struct ig_where *where, struct ig_error *e)
{
    size_t n = 0;
    while (params[n].name != NULL) {
        n++;
    }
    const char **names IG_AUTO_FREE = ig_alloc_array(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        names[i] = params[i].name;
    }
    if (ig_decode_keys(value, names, where, e) < 0) {
        return -1;
    }
    if (value->child == NULL) {
        return ig_fault(where, e, "is empty: it asks nothing");
    }
    if (ig_decode_params(value, params, base, where, e) < 0) {
        return -1;
    }
    return ig_decode_require(params, base, where, e);
}

int ig_decode_param(const cJSON *value, const struct ig_param *param, void *base,
                    const struct ig_where *where, struct ig_error *e)
{
    void *slot = (char *)base + param->offset;
    struct ig_opt_uint *number = slot;
    switch (param->type) {
    case IG_TYPE_BOOL:
        return decode_bool(value, slot, where, e);
    case IG_TYPE_UINT:
        if (ig_decode_uint(value, param->max, &number->value, where, e) < 0) {
            return -1;
        }
        number->set = true;
        return 0;
    case IG_TYPE_MODE:
        return decode_mode(value, slot, where, e);
    case IG_TYPE_STRING:
        return ig_decode_string(value, slot, where, e);
    case IG_TYPE_PATH:
        return ig_decode_path(value, slot, where, e);
    case IG_TYPE_SHA256:
        return decode_sha256(value, slot, where, e);
    case IG_TYPE_ENUM:
        return decode_enum(value, param, slot, where, e);
    case IG_TYPE_PATHS:
        return ig_decode_paths(value, false, slot, where, e);
    case IG_TYPE_RELATIVE_PATHS:
        return ig_decode_paths(value, true, slot, where, e);
    case IG_TYPE_UINTS:
        return ig_decode_uints(value, param->max, slot, where, e);
    case IG_TYPE_OBJECT:
        return decode_object(value, param->params, slot, where, e);
    }
    return ig_fault(where, e, "has no decoder");
}

int ig_decode_params(const cJSON *object, const struct ig_param *params, void *base,
                     const struct ig_where *where, struct ig_error *e)
{
    for (const struct ig_param *p = params; p->name != NULL; p++) {
        const cJSON *value = ig_decode_member(object, p->name);
        struct ig_where at = {.up = where, .key = p->name};
        if (value != NULL && ig_decode_param(value, p, base, &at, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool given(const struct ig_param *param, const void *base)
{
    const void *slot = (const char *)base + param->offset;
    switch (param->type) {
    case IG_TYPE_BOOL:
        return *(const enum ig_tri *)slot != IG_UNSET;
    case IG_TYPE_UINT:
    case IG_TYPE_MODE:
        return ((const struct ig_opt_uint *)slot)->set;
    case IG_TYPE_STRING:
    case IG_TYPE_PATH:
    case IG_TYPE_SHA256:
        return *(char *const *)slot != NULL;
    case IG_TYPE_ENUM:
        return *(const int *)slot != 0;
    case IG_TYPE_PATHS:
    case IG_TYPE_RELATIVE_PATHS:
        return ((const struct ig_strings *)slot)->set;
    case IG_TYPE_UINTS:
        return ((const struct ig_uints *)slot)->set;
    case IG_TYPE_OBJECT:
        for (const struct ig_param *p = param->params; p->name != NULL; p++) {
            if (given(p, slot)) {
                return true;
            }
        }
        return false;
    }
    return false;
}

int ig_decode_require(const struct ig_param *params, const void *base,
                      const struct ig_where *where, struct ig_error *e)
{
    for (const struct ig_param *p = params; p->name != NULL; p++) {
        if (p->required && !given(p, base)) {
            struct ig_where at = {.up = where, .key = p->name};
            return ig_fault(&at, e, "is missing");
        }
    }
    return 0;
}

static void clear_strings(struct ig_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++) {
        free(strings->list[i]);
    }
    free(strings->list);
}

void ig_params_clear(const struct ig_param *params, void *base)
{
    for (const struct ig_param *p = params; p->name != NULL; p++) {
        void *slot = (char *)base + p->offset;
        switch (p->type) {
        case IG_TYPE_STRING:
        case IG_TYPE_PATH:
        case IG_TYPE_SHA256:
            free(*(char **)slot);
            break;
        case IG_TYPE_PATHS:
        case IG_TYPE_RELATIVE_PATHS:
            clear_strings(slot);
            break;
        case IG_TYPE_UINTS:
            free(((struct ig_uints *)slot)->list);
            break;
        case IG_TYPE_OBJECT:
            ig_params_clear(p->params, slot);
            break;
        case IG_TYPE_BOOL:
        case IG_TYPE_UINT:
        case IG_TYPE_MODE:
        case IG_TYPE_ENUM:
            break;
        }
    }
}
