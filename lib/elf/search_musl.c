/* SPDX-License-Identifier: Apache-2.0 */
/* ldso/dynlink.c load_library() of musl. */
#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/search.h"

enum {
    PATH_ROOM = 2 * 255 + 2,  /* load_library()'s buffer: a longer path is not tried */
    NAME_LENGTH_MAX = 255,
};

/* These names mean the loader itself, which is libc. */
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

/* fixup_rpath(): only $ORIGIN and ${ORIGIN} are known; any other token voids the whole path, and so
 * does each of a program under AT_SECURE. NULL then. */
static char *expand(const struct ig_search *s, size_t object, const char *text)
{
    struct ig_buf out = {0};
    IG_AUTO_FREE char *origin = ig_dirname(s->out->objects[object].path);
    /* It takes what stands before the last slash: of "/x" that is nothing. */
    const char *value = strcmp(origin, "/") == 0 ? "" : origin;
    for (const char *p = text; *p != '\0';) {
        size_t n = strncmp(p, "$ORIGIN", 7) == 0 ? 7 : strncmp(p, "${ORIGIN}", 9) == 0 ? 9 : 0;
        if (*p == '$' && (n == 0 || (object == 0 && s->options->secure))) {
            ig_buf_free(&out);
            return NULL;
        }
        ig_buf_add(&out, n != 0 ? value : p, n != 0 ? strlen(value) : 1);
        p += n != 0 ? n : 1;
    }
    return ig_buf_steal(&out);
}

/* An error that path_open() does not expect ends the search for good. */
static bool unexpected(int number)
{
    return number != ENOENT && number != ENOTDIR && number != EACCES && number != ENAMETOOLONG;
}

static enum ig_found try_dir(struct ig_search *s, const char *dir, enum ig_rule rule,
                             size_t owner)
{
    if (rule != IG_RULE_DEFAULT) {
        ig_search_dir_note(s, dir, rule, owner);
    }
    if (dir[0] != '/' && s->options->cwd == NULL) {
        return IG_NOT_HERE;
    }
    IG_AUTO_FREE char *path = ig_format("%s/%s", dir, s->need->name);
    if (strlen(path) >= PATH_ROOM) {
        return IG_NOT_HERE;
    }
    enum ig_found found = ig_search_exhausted(s) ? IG_GIVE_UP
                                                 : ig_search_try(s, path, rule, owner);
    if (found == IG_NOT_HERE && unexpected(s->last_errno)) {
        const char *name = ig_errno_name(s->last_errno);
        s->need->fault = ig_format("%s: %s", path, name != NULL ? name : "unknown error");
        return IG_GIVE_UP;
    }
    return found;
}

/* path_open(): colons and newlines part the directories. The first file that can be opened is
 * it. */
static enum ig_found try_list(struct ig_search *s, const char *list, enum ig_rule rule,
                              size_t owner)
{
    IG_AUTO_FREE char *copy = ig_strdup(list);
    char *rest = copy;
    for (char *dir; (dir = strsep(&rest, ":\n")) != NULL;) {
        enum ig_found found = dir[0] != '\0' ? try_dir(s, dir, rule, owner) : IG_NOT_HERE;
        if (found != IG_NOT_HERE) {
            return found;
        }
    }
    return IG_NOT_HERE;
}

static enum ig_found try_rpaths(struct ig_search *s, size_t by)
{
    for (size_t i = by; !s->preloading; i = s->out->objects[i].needed_by) {
        const struct ig_dynamic *d = &s->out->objects[i].file->dynamic;
        const char *list = d->runpath != NULL ? d->runpath : d->rpath;
        IG_AUTO_FREE char *expanded = list != NULL ? expand(s, i, list) : NULL;
        enum ig_rule rule = d->runpath != NULL ? IG_RULE_RUNPATH : IG_RULE_RPATH;
        enum ig_found found = expanded != NULL ? try_list(s, expanded, rule, i) : IG_NOT_HERE;
        /* Nobody needs the program, nor a preload. */
        if (found != IG_NOT_HERE || i == 0 || s->out->objects[i].rule == IG_RULE_PRELOAD) {
            return found;
        }
    }
    return IG_NOT_HERE;
}

/* The path file is named after the loader, /etc/ld-musl-ARCH.path, below the same prefix. Read
 * once. One that is there and cannot be read leaves nothing to search. */
static const char *system_path(struct ig_search *s)
{
    if (s->musl_path != NULL) {
        return s->musl_path;
    }
    struct ig_buf text = {0};
    IG_AUTO_FREE char *dir = ig_dirname(s->loader_path);
    IG_AUTO_FREE char *prefix = ig_dirname(dir);
    const char *slash = strrchr(s->loader_path, '/');
    const char *base = slash != NULL ? slash + 1 : s->loader_path;
    size_t stem = strcspn(base, ".");
    IG_AUTO_FREE char *file = ig_format("%s/etc/%.*s.path", strcmp(prefix, "/") == 0 ? "" : prefix,
                                        (int)stem, base);
    int number = ig_search_read(s, file, &text);
    s->musl_path = number == 0        ? ig_buf_steal(&text)
                   : number == ENOENT ? ig_strdup("/lib:/usr/local/lib:/usr/lib")
                                      : ig_strdup("");
    ig_buf_free(&text);
    return s->musl_path;
}

static void search_dirs(struct ig_search *s, size_t by)
{
    const char *env = s->options->secure ? NULL : s->options->ld_library_path;
    if (env != NULL && try_list(s, env, IG_RULE_LD_LIBRARY_PATH, 0) != IG_NOT_HERE) {
        return;
    }
    if (try_rpaths(s, by) == IG_NOT_HERE) {
        try_list(s, system_path(s), IG_RULE_DEFAULT, 0);
    }
}

void ig_search_musl(struct ig_search *s, size_t by)
{
    const char *name = s->need->name;
    size_t object = ig_strmap_get(&s->names, name);
    if (name[0] == '\0') {
        s->need->fault = ig_strdup("a library without a name: EINVAL");
    } else if (s->loader_file != NULL && (is_libc(name) || strcmp(name, s->loader_path) == 0)) {
        ig_search_satisfied(s, ig_search_add_loader(s, by));
    } else if (strchr(name, '/') != NULL) {
        ig_search_try(s, name, IG_RULE_PATH, by);
    } else if (object != SIZE_MAX) {
        ig_search_satisfied(s, object);
    } else if (strlen(name) <= NAME_LENGTH_MAX) {
        search_dirs(s, by);
        /* Only what a search found is known by its name (the shortname), never by its DT_SONAME. */
        if (s->need->found) {
            ig_strmap_add(&s->names, name, s->need->object);
        }
    }
}
