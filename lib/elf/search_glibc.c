/* SPDX-License-Identifier: Apache-2.0 */
/* elf/dl-load.c _dl_map_object() of glibc. */
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/search_dirs.h"

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Length of the dynamic string token at P ("$LIB", "${LIB}") if it is NAME, else 0 (is_dst()). */
static size_t token(const char *p, const char *name)
{
    size_t n = strlen(name);
    if (p[1] == '{') {
        return strncmp(p + 2, name, n) == 0 && p[2 + n] == '}' ? n + 3 : 0;
    }
    return strncmp(p + 1, name, n) == 0 && !name_char(p[1 + n]) ? n + 1 : 0;
}

static bool in_system_dir(const struct ig_search *s, const char *path)
{
    for (size_t i = 0; i < s->loader->system_dir_count; i++) {
        size_t n = strlen(s->loader->system_dirs[i]);
        if (strncmp(path, s->loader->system_dirs[i], n) == 0 && path[n] == '/') {
            return true;
        }
    }
    return false;
}

/* Behind the last name of NPATH (LENGTH bytes, no slash at its end), the name cut off. */
static size_t without_last(const char *npath, size_t length)
{
    while (length > 0 && npath[--length] != '/') {
    }
    return length;
}

/* is_trusted_path_normalize(): is PATH a system directory or below one, as it reads? */
static bool is_trusted(const struct ig_search *s, const char *path)
{
    IG_AUTO_FREE char *npath = ig_alloc(strlen(path) + 2);
    size_t n = 0;
    while (*path != '\0') {
        bool slash = path[0] == '/';
        if (slash && strncmp(path + 1, "..", 2) == 0 && (path[3] == '/' || path[3] == '\0')) {
            n = without_last(npath, n);
            path += 3;
        } else if (slash && path[1] == '.' && (path[2] == '/' || path[2] == '\0')) {
            path += 2;
        } else if (slash && n > 0 && npath[n - 1] == '/') {
            path++;
        } else {
            npath[n++] = *path++;
        }
    }
    if (n == 0 || npath[n - 1] != '/') {
        npath[n++] = '/';
    }
    npath[n] = '\0';
    return in_system_dir(s, npath);
}

/* Where a program has more rights than its user, a link of that user's could move its $ORIGIN. It
 * must begin the TEXT, and of the program itself must lead to a system directory. */
static bool origin_is_trusted(const struct ig_search *s, const char *text, const char *at,
                              size_t length)
{
    return !s->options->secure || (at == text && (at[length] == '\0' || at[length] == '/'));
}

/* _dl_dst_substitute(); malloc'd. Empty where a token has no value: the loader drops the whole
 * element then. */
static char *expand(const struct ig_search *s, size_t object, const char *text)
{
    struct ig_buf out = {0};
    bool must_be_trusted = false;
    IG_AUTO_FREE char *origin = ig_dirname(s->out->objects[object].path);
    const struct {
        const char *name, *value;
    } tokens[] = {
        {"ORIGIN", origin},
        {"PLATFORM", ig_search_platform(s)},
        {"LIB", s->loader->lib},
    };
    for (const char *p = text; *p != '\0';) {
        const char *value = NULL;
        size_t length = 0;
        for (size_t i = 0; *p == '$' && length == 0 && i < IG_COUNT(tokens); i++) {
            length = token(p, tokens[i].name);
            value = tokens[i].value;
        }
        if (value == origin) {
            must_be_trusted = s->options->secure && object == 0;
            value = origin_is_trusted(s, text, p, length) ? origin : NULL;
        }
        if (length != 0 && value == NULL) {
            ig_buf_free(&out);
            return ig_strdup("");
        }
        ig_buf_add(&out, length != 0 ? value : p, length != 0 ? strlen(value) : 1);
        p += length != 0 ? length : 1;
    }
    if (must_be_trusted && !is_trusted(s, ig_buf_text(&out))) {
        ig_buf_free(&out);
        return ig_strdup("");
    }
    return ig_buf_steal(&out);
}

/* fillin_rpath(): TEXT, a path of OBJECT's, taken apart once. An element that is empty means the
 * working directory, one that expands to nothing means nothing. */
static void fill(struct ig_search *s, struct ig_search_list *list, size_t object,
                 const char *text, const char *separators)
{
    list->known = true;
    if (text == NULL || text[0] == '\0') {
        return;
    }
    IG_AUTO_FREE char *copy = ig_strdup(text);
    char *rest = copy;
    for (char *part; (part = strsep(&rest, separators)) != NULL;) {
        IG_AUTO_FREE char *dir = expand(s, object, part);
        if (dir[0] != '\0' || part[0] == '\0') {
            ig_search_list_add(s, list, dir);
        }
    }
}

/* DT_RUNPATH makes a loader ignore the DT_RPATH of the same object, which is why one list for both
 * will do. */
static enum ig_found try_object(struct ig_search *s, size_t object, enum ig_rule rule)
{
    const struct ig_dynamic *d = &s->out->objects[object].file->dynamic;
    const char *text = rule == IG_RULE_RUNPATH ? d->runpath
                       : d->runpath == NULL    ? d->rpath
                                               : NULL;
    if (text == NULL) {
        return IG_NOT_HERE;
    }
    struct ig_search_list *list = ig_search_list_of_object(s, object);
    if (!list->known) {
        fill(s, list, object, text, ":");
    }
    return ig_search_list_try(s, list, rule, object);
}

/* Its own RPATH, then that of whoever needed it first, up to the program. */
static enum ig_found try_rpaths(struct ig_search *s, size_t by)
{
    if (s->out->objects[by].file->dynamic.runpath != NULL) {
        return IG_NOT_HERE;
    }
    for (size_t i = by;; i = s->out->objects[i].needed_by) {
        enum ig_found found = try_object(s, i, IG_RULE_RPATH);
        if (found != IG_NOT_HERE || i == 0) {
            return found;
        }
    }
}

static enum ig_found try_env(struct ig_search *s)
{
    struct ig_search_list *list = ig_search_list_of_env(s);
    if (!list->known) {
        fill(s, list, 0, s->options->secure ? NULL : s->options->ld_library_path, ":;");
    }
    return ig_search_list_try(s, list, IG_RULE_LD_LIBRARY_PATH, 0);
}

static enum ig_found try_cache(struct ig_search *s, bool nodeflib)
{
    if (s->preloading && s->options->secure) {
        return IG_NOT_HERE;
    }
    struct ig_ldcache_cpu cpu = {
        .hwcaps = ig_search_hwcaps(s),
        .level = s->options->x86.level,
        .features = ig_search_cache_features(s),
    };
    const char *path =
        ig_ldcache_find(s->cache, s->need->name,
                        ig_ldcache_flags(s->program->e_machine, s->program->e_class), &cpu);
    if (path == NULL) {
        return IG_NOT_HERE;
    }
    if (nodeflib && in_system_dir(s, path)) {
        ig_search_passed_over(s, path, IG_RULE_CACHE, 0, "excluded by DF_1_NODEFLIB");
        return IG_NOT_HERE;
    }
    return ig_search_try(s, path, IG_RULE_CACHE, 0);
}

static enum ig_found try_system_dirs(struct ig_search *s)
{
    struct ig_search_list *list = ig_search_list_of_system(s);
    if (!list->known) {
        list->known = true;
        for (size_t i = 0; i < s->loader->system_dir_count; i++) {
            ig_search_list_add(s, list, s->loader->system_dirs[i]);
        }
    }
    return ig_search_list_try(s, list, IG_RULE_DEFAULT, 0);
}

static void search_dirs(struct ig_search *s, size_t by)
{
    bool nodeflib = (s->out->objects[by].file->dynamic.flags_1 & IG_DT_1_NODEFLIB) != 0;
    if (try_rpaths(s, by) == IG_NOT_HERE && try_env(s) == IG_NOT_HERE &&
        try_object(s, by, IG_RULE_RUNPATH) == IG_NOT_HERE &&
        try_cache(s, nodeflib) == IG_NOT_HERE && !nodeflib) {
        try_system_dirs(s);
    }
}

/* What the object is known by from now on (l_libname, l_name and DT_SONAME). */
static void remember(struct ig_search *s, size_t object)
{
    const struct ig_object *o = &s->out->objects[object];
    ig_strmap_add(&s->names, s->need->name, object);
    ig_strmap_add(&s->names, o->path, object);
    if (o->file->dynamic.soname != NULL) {
        ig_strmap_add(&s->names, o->file->dynamic.soname, object);
    }
}

/* The program is known by its DT_SONAME and by the empty name, not by its path. */
static size_t loaded(struct ig_search *s, const char *name)
{
    const char *soname = s->out->objects[0].file->dynamic.soname;
    if (name[0] == '\0' || (soname != NULL && strcmp(name, soname) == 0)) {
        return 0;
    }
    const struct ig_file *loader = s->loader_file;
    if (loader != NULL && (strcmp(name, s->loader_path) == 0 ||
                           (loader->dynamic.soname != NULL &&
                            strcmp(name, loader->dynamic.soname) == 0))) {
        return ig_search_add_loader(s, s->need->by);
    }
    return ig_strmap_get(&s->names, name);
}

/* _dl_dst_count() */
static bool has_token(const char *name)
{
    for (const char *p = strchr(name, '$'); p != NULL; p = strchr(p + 1, '$')) {
        if (token(p, "ORIGIN") != 0 || token(p, "PLATFORM") != 0 || token(p, "LIB") != 0) {
            return true;
        }
    }
    return false;
}

void ig_search_glibc(struct ig_search *s, size_t by)
{
    /* expand_dst() in elf/dl-deps.c, which preloads do not pass through. */
    if (s->options->secure && !s->preloading && has_token(s->need->name)) {
        s->need->fault = ig_strdup("DST not allowed in SUID/SGID programs");
        return;
    }
    if (strchr(s->need->name, '$') != NULL && !s->preloading) {
        IG_AUTO_FREE char *name = expand(s, by, s->need->name);
        s->need->name = ig_search_text(s, name);
        if (name[0] == '\0') {
            s->need->fault = ig_strdup("empty dynamic string token substitution");
            return;
        }
    }
    const char *name = s->need->name;
    size_t object = loaded(s, name);
    if (object != SIZE_MAX) {
        ig_search_satisfied(s, object);
        return;
    }
    if (strchr(name, '/') != NULL) {
        IG_AUTO_FREE char *path = expand(s, by, name);
        ig_search_try(s, path, IG_RULE_PATH, by);
    } else {
        search_dirs(s, by);
    }
    if (s->need->found) {
        remember(s, s->need->object);
    }
}
