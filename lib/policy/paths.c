/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in a policy. */
#include <string.h>

#include "core/mem.h"
#include "policy/decode.h"

/* Components between single slashes, none of them "", "." or "..". */
static bool plain(const char *text)
{
    for (;; text++) {
        size_t n = strcspn(text, "/");
        if (n == 0 || (n == 1 && *text == '.') || (n == 2 && memcmp(text, "..", 2) == 0)) {
            return false;
        }
        text += n;
        if (*text == '\0') {
            return true;
        }
    }
}

int ig_decode_path(const cJSON *value, char **out, const struct ig_where *where,
                   struct ig_error *e)
{
    char *text IG_AUTO_FREE = NULL;
    if (ig_decode_string(value, &text, where, e) < 0 || text == NULL) {
        return -1;
    }
    if (*text != '/' || (text[1] != '\0' && !plain(text + 1))) {
        char *shown IG_AUTO_FREE = ig_shown(text);
        return ig_fault(where, e, *text != '/' ? "must be an absolute path, not %s"
                                               : "must be a path without \".\", \"..\", \"//\" "
                                                 "and a final slash, not %s", shown);
    }
    *out = IG_STEAL(text);
    return 0;
}

static int decode_relative(const cJSON *value, char **out, const struct ig_where *where,
                           struct ig_error *e)
{
    char *text IG_AUTO_FREE = NULL;
    if (ig_decode_string(value, &text, where, e) < 0 || text == NULL) {
        return -1;
    }
    size_t n = strlen(text);
    char *path IG_AUTO_FREE = ig_strndup(text, n > 1 && text[n - 1] == '/' ? n - 1 : n);
    if (strcmp(path, ".") != 0 && !plain(path)) {
        char *shown IG_AUTO_FREE = ig_shown(text);
        return ig_fault(where, e, "must be a path below the volume, without \".\" and \"..\" "
                                  "(\".\" alone is the whole), not %s", shown);
    }
    *out = IG_STEAL(path);
    return 0;
}

int ig_decode_paths(const cJSON *value, bool relative, struct ig_strings *out,
                    const struct ig_where *where, struct ig_error *e)
{
    if (!cJSON_IsArray(value)) {
        return ig_decode_type_fault(value, "an array of paths", where, e);
    }
    out->set = true;
    out->list = ig_alloc_array((size_t)cJSON_GetArraySize(value), sizeof *out->list);
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        struct ig_where at = {.up = where, .index = out->count};
        char **slot = &out->list[out->count];
        if ((relative ? decode_relative : ig_decode_path)(item, slot, &at, e) < 0) {
            return -1;
        }
        out->count++;
    }
    return 0;
}
