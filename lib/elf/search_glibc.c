/* SPDX-License-Identifier: Apache-2.0 */
/* elf/dl-load.c _dl_map_object() of glibc. */
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/search.h"

/* Best first, for levels 4 to 1 (sysdeps/x86_64/dl-hwcaps-subdirs.c). */
static const char *const levels[] = {"x86-64-v4", "x86-64-v3", "x86-64-v2", NULL};

static const char *const *hwcaps(const struct ig_search *s)
{
    unsigned level = s->options->x86_level;
    bool x86 = s->program->e_machine == 62 /* EM_X86_64 */ && s->program->e_class == 2;
    return levels + (x86 && level >= 1 && level <= 4 ? 4 - level : IG_COUNT(levels) - 1);
}

static char *origin_of(const struct ig_search *s, size_t object)
{
    return ig_dirname(s->out->objects[object].path);
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Length of the dynamic string token at P ("$LIB", "${LIB}") if it is NAME, else 0 (_dl_dst_count
 * and is_dst() in elf/dl-load.c). */
static size_t token(const char *p, const char *name)
{
    size_t n = strlen(name);
    if (p[1] == '{') {
        return strncmp(p + 2, name, n) == 0 && p[2 + n] == '}' ? n + 3 : 0;
    }
    return strncmp(p + 1, name, n) == 0 && !name_char(p[1 + n]) ? n + 1 : 0;
}

static char *expand(const struct ig_search *s, size_t object, const char *text)
{
    struct ig_buf out = {0};
    IG_AUTO_FREE char *origin = origin_of(s, object);
    const struct {
        const char *name, *value;
    } tokens[] = {
        {"ORIGIN", origin},
        {"LIB", s->loader.lib},
        /* AT_PLATFORM of the kernel; the loader's own "haswell" ended with glibc 2.37. */
        {"PLATFORM", s->program->e_machine == 62 ? "x86_64"
                     : s->program->e_machine == 183 ? "aarch64"
                                                   : "unknown"},
    };
    for (const char *p = text; *p != '\0';) {
        size_t length = 0;
        for (size_t i = 0; *p == '$' && length == 0 && i < IG_COUNT(tokens); i++) {
            length = token(p, tokens[i].name);
            if (length != 0) {
                ig_buf_adds(&out, tokens[i].value);
            }
        }
        if (length == 0) {
            ig_buf_add(&out, p, 1);
            length = 1;
        }
        p += length;
    }
    return ig_buf_steal(&out);
}

/* One directory of a search path: its glibc-hwcaps first. */
static enum ig_found try_dir(struct ig_search *s, const char *dir, enum ig_rule rule,
                             size_t rule_of)
{
    const char *slash = dir[strlen(dir) - 1] == '/' ? "" : "/";
    for (const char *const *level = hwcaps(s); *level != NULL; level++) {
        IG_AUTO_FREE char *path = ig_format("%s%sglibc-hwcaps/%s/%s", dir, slash, *level,
                                            s->need->name);
        enum ig_found found = ig_search_try(s, path, rule, rule_of, true);
        if (found != IG_NOT_HERE) {
            return found;
        }
    }
    IG_AUTO_FREE char *path = ig_format("%s%s%s", dir, slash, s->need->name);
    return ig_search_try(s, path, rule, rule_of, true);
}

/* A colon-separated list that belongs to object OWNER. */
static enum ig_found try_list(struct ig_search *s, const char *list, const char *separators,
                              enum ig_rule rule, size_t owner)
{
    IG_AUTO_FREE char *copy = ig_strdup(list);
    char *rest = copy;
    for (char *part; (part = strsep(&rest, separators)) != NULL;) {
        IG_AUTO_FREE char *dir = expand(s, owner, part);
        ig_search_dir_note(s, dir[0] != '\0' ? dir : ".", rule, owner);
        if (dir[0] != '/') {
            continue;
        }
        enum ig_found found = try_dir(s, dir, rule, owner);
        if (found != IG_NOT_HERE) {
            return found;
        }
    }
    return IG_NOT_HERE;
}

/* DT_RUNPATH makes a loader ignore the DT_RPATH of the same object. */
static const char *rpath_of(const struct ig_object *o)
{
    return o->file->dynamic.runpath == NULL ? o->file->dynamic.rpath : NULL;
}

static enum ig_found try_rpaths(struct ig_search *s, size_t by)
{
    const struct ig_object *objects = s->out->objects;
    if (objects[by].file->dynamic.runpath != NULL) {
        return IG_NOT_HERE;
    }
    for (size_t i = by;; i = objects[i].needed_by) {
        const char *list = rpath_of(&objects[i]);
        enum ig_found found = list != NULL ? try_list(s, list, ":", IG_RULE_RPATH, i) : IG_NOT_HERE;
        objects = s->out->objects;
        if (found != IG_NOT_HERE || i == 0) {
            return found;
        }
    }
}

static bool in_system_dir(const struct ig_search *s, const char *path)
{
    for (size_t i = 0; i < s->loader.system_dir_count; i++) {
        size_t n = strlen(s->loader.system_dirs[i]);
        if (strncmp(path, s->loader.system_dirs[i], n) == 0 && path[n] == '/') {
            return true;
        }
    }
    return false;
}

static enum ig_found try_cache(struct ig_search *s, bool nodeflib)
{
    const char *path =
        ig_ldcache_find(&s->cache, s->need->name,
                        ig_ldcache_flags(s->program->e_machine, s->program->e_class), hwcaps(s));
    if (path == NULL || (nodeflib && in_system_dir(s, path))) {
        return IG_NOT_HERE;
    }
    return ig_search_try(s, path, IG_RULE_CACHE, 0, true);
}

static enum ig_found try_system_dirs(struct ig_search *s)
{
    for (size_t i = 0; i < s->loader.system_dir_count; i++) {
        enum ig_found found = try_dir(s, s->loader.system_dirs[i], IG_RULE_DEFAULT, 0);
        if (found != IG_NOT_HERE) {
            return found;
        }
    }
    return IG_NOT_HERE;
}

static bool is_loader(const struct ig_search *s, const char *name)
{
    return s->loader_file != NULL &&
           (strcmp(name, s->loader_path) == 0 ||
            (s->loader_file->dynamic.soname != NULL &&
             strcmp(name, s->loader_file->dynamic.soname) == 0));
}

static void search_dirs(struct ig_search *s, size_t by)
{
    bool nodeflib = (s->out->objects[by].file->dynamic.flags_1 & IG_DT_1_NODEFLIB) != 0;
    const char *runpath = s->out->objects[by].file->dynamic.runpath;
    const char *env = s->options->ld_library_path;
    if (try_rpaths(s, by) != IG_NOT_HERE) {
        return;
    }
    if (env != NULL && try_list(s, env, ":;", IG_RULE_LD_LIBRARY_PATH, 0) != IG_NOT_HERE) {
        return;
    }
    if (runpath != NULL && try_list(s, runpath, ":", IG_RULE_RUNPATH, by) != IG_NOT_HERE) {
        return;
    }
    if (try_cache(s, nodeflib) == IG_NOT_HERE && !nodeflib) {
        try_system_dirs(s);
    }
}

void ig_search_glibc(struct ig_search *s, size_t by)
{
    const char *name = s->need->name;
    size_t loaded = ig_search_loaded(s, name);
    if (loaded == SIZE_MAX && is_loader(s, name)) {
        loaded = ig_search_add_loader(s, by, name);
    }
    if (loaded != SIZE_MAX) {
        s->need->found = true;
        s->need->object = loaded;
    } else if (strchr(name, '/') != NULL) {
        IG_AUTO_FREE char *path = expand(s, by, name);
        ig_search_try(s, path, IG_RULE_PATH, by, false);
    } else {
        search_dirs(s, by);
    }
}
