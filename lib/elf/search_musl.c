/* SPDX-License-Identifier: Apache-2.0 */
/* ldso/dynlink.c load_library() of musl. */
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/search.h"

/* These names mean the loader itself, which is libc (load_library()). */
static bool is_libc(const char *name)
{
    static const char *const reserved[] = {"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."};
    if (strncmp(name, "lib", 3) != 0) {
        return false;
    }
    for (size_t i = 0; i < IG_COUNT(reserved); i++) {
        if (strncmp(name + 3, reserved[i], strlen(reserved[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_loader_name(const struct ig_search *s, const char *name)
{
    const char *slash = strrchr(s->loader_path, '/');
    const char *base = slash != NULL ? slash + 1 : s->loader_path;
    return is_libc(name) || strcmp(name, base) == 0;
}

/* fixup_rpath(): only $ORIGIN and ${ORIGIN} are known; any other token voids the whole path. NULL
 * then. */
static char *expand(const struct ig_search *s, size_t object, const char *text)
{
    struct ig_buf out = {0};
    IG_AUTO_FREE char *origin = ig_dirname(s->out->objects[object].path);
    for (const char *p = text; *p != '\0';) {
        size_t n = strncmp(p, "$ORIGIN", 7) == 0 ? 7 : strncmp(p, "${ORIGIN}", 9) == 0 ? 9 : 0;
        if (*p == '$' && n == 0) {
            ig_buf_free(&out);
            return NULL;
        }
        ig_buf_add(&out, n != 0 ? origin : p, n != 0 ? strlen(origin) : 1);
        p += n != 0 ? n : 1;
    }
    return ig_buf_steal(&out);
}

/* path_open(): colons and newlines part the directories. The first file that can be opened is it. */
static enum ig_found try_list(struct ig_search *s, const char *list, enum ig_rule rule,
                              size_t owner)
{
    IG_AUTO_FREE char *copy = ig_strdup(list);
    char *rest = copy;
    for (char *dir; (dir = strsep(&rest, ":\n")) != NULL;) {
        if (dir[0] == '\0') {
            continue;
        }
        if (rule != IG_RULE_DEFAULT) {
            ig_search_dir_note(s, dir, rule, owner);
        }
        if (dir[0] != '/') {
            continue;
        }
        IG_AUTO_FREE char *path = ig_format("%s/%s", dir, s->need->name);
        enum ig_found found = ig_search_try(s, path, rule, owner, false);
        if (found != IG_NOT_HERE) {
            return found;
        }
    }
    return IG_NOT_HERE;
}

static enum ig_found try_rpaths(struct ig_search *s, size_t by)
{
    for (size_t i = by;; i = s->out->objects[i].needed_by) {
        const struct ig_dynamic *d = &s->out->objects[i].file->dynamic;
        const char *list = d->runpath != NULL ? d->runpath : d->rpath;
        IG_AUTO_FREE char *expanded = list != NULL ? expand(s, i, list) : NULL;
        if (expanded != NULL) {
            enum ig_rule rule = d->runpath != NULL ? IG_RULE_RUNPATH : IG_RULE_RPATH;
            enum ig_found found = try_list(s, expanded, rule, i);
            if (found != IG_NOT_HERE) {
                return found;
            }
        }
        if (i == 0) {
            return IG_NOT_HERE;
        }
    }
}

/* The path file is named after the loader, /etc/ld-musl-ARCH.path, below the same prefix. */
static char *system_path(const struct ig_search *s)
{
    struct ig_buf text = {0};
    IG_AUTO_FREE char *dir = ig_dirname(s->loader_path);
    IG_AUTO_FREE char *prefix = ig_dirname(dir);
    const char *base = strrchr(s->loader_path, '/') + 1;
    size_t stem = strcspn(base, ".");
    IG_AUTO_FREE char *file = ig_format("%s/etc/%.*s.path", strcmp(prefix, "/") == 0 ? "" : prefix,
                                        (int)stem, base);
    if (ig_fsroot_slurp(s->options->root, file, 64 << 10, &text, NULL) != 0) {
        ig_buf_free(&text);
        return ig_strdup("/lib:/usr/local/lib:/usr/lib");
    }
    return ig_buf_steal(&text);
}

static void search_dirs(struct ig_search *s, size_t by)
{
    const char *env = s->options->ld_library_path;
    if (env != NULL && try_list(s, env, IG_RULE_LD_LIBRARY_PATH, 0) != IG_NOT_HERE) {
        return;
    }
    if (try_rpaths(s, by) != IG_NOT_HERE) {
        return;
    }
    IG_AUTO_FREE char *path = system_path(s);
    try_list(s, path, IG_RULE_DEFAULT, 0);
}

void ig_search_musl(struct ig_search *s, size_t by)
{
    const char *name = s->need->name;
    size_t loaded = SIZE_MAX;
    if (strchr(name, '/') != NULL) {
        ig_search_try(s, name, IG_RULE_PATH, by, false);
        return;
    }
    if (s->loader_file != NULL && is_loader_name(s, name)) {
        loaded = ig_search_add_loader(s, by, name);
    } else {
        loaded = ig_search_loaded(s, name);
    }
    if (loaded != SIZE_MAX) {
        s->need->found = true;
        s->need->object = loaded;
    } else {
        search_dirs(s, by);
    }
}
