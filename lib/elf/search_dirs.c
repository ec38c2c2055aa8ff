/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/search_dirs.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"

enum {
    /* What glibc named after CPU features before 2.37: "tls", a platform and two of x86. */
    PARTS_MAX = 4,
};

/* Bits of the hwcap field, sysdeps/x86/dl-hwcap.h and dl-procinfo.h of glibc 2.36. */
#define FEATURE_X86_64 (UINT64_C(1) << 1)
#define FEATURE_AVX512_1 (UINT64_C(1) << 2)
#define FEATURE_HASWELL (UINT64_C(1) << 50)
#define FEATURE_TLS (UINT64_C(1) << 63)

/* Of one directory below one of the search path, or of that itself. */
enum status { UNKNOWN, EXISTING, NONEXISTING };

struct dir {
    char *name;            /* with its final slash; "" is the working directory */
    bool noted;            /* in the resolution's dirs */
    enum status *places;   /* one for each of ig_search_dirs.below */
};

struct ig_search_dirs {
    char **below;          /* "glibc-hwcaps/x86-64-v3/", ..., "" */
    size_t below_count;
    struct dir *dirs;
    size_t count;
    struct ig_strmap index;         /* of dirs by name */
    struct ig_search_list env, system;
    struct ig_search_list *objects; /* for each object */
    size_t object_count;
};

static bool is_x86_64(const struct ig_search *s)
{
    return s->program->e_machine == EM_X86_64 && s->program->e_class == ELFCLASS64;
}

const char *const *ig_search_hwcaps(const struct ig_search *s)
{
    /* sysdeps/x86_64/dl-hwcaps-subdirs.c */
    static const char *const levels[] = {"x86-64-v4", "x86-64-v3", "x86-64-v2", NULL};
    unsigned level = s->options->x86.level;
    bool some = is_x86_64(s) && s->loader->hwcaps && level >= 1 && level <= 4;
    return levels + (some ? 4 - level : IG_COUNT(levels) - 1);
}

const char *ig_search_platform(const struct ig_search *s)
{
    /* sysdeps/x86/cpu-features.c; else AT_PLATFORM of the kernel. */
    switch (s->program->e_machine) {
    case EM_X86_64:
        return s->options->x86.intel && s->options->x86.level >= 3 ? "haswell" : "x86_64";
    case EM_386: return "i686";
    case EM_AARCH64: return "aarch64";
    default: return NULL;
    }
}

static bool is_legacy(const struct ig_search *s)
{
    return is_x86_64(s) && s->loader->minor < 37;
}

static bool has_avx512(const struct ig_search *s)
{
    return s->options->x86.intel && s->options->x86.level == 4;
}

uint64_t ig_search_cache_features(const struct ig_search *s)
{
    if (!is_legacy(s)) {
        return 0;
    }
    return FEATURE_TLS | FEATURE_X86_64 | (has_avx512(s) ? FEATURE_AVX512_1 : 0) |
           (strcmp(ig_search_platform(s), "haswell") == 0 ? FEATURE_HASWELL : 0);
}

/* All subsets of PARTS (COUNT, the least important first), most and most important ones first:
 * _dl_important_hwcaps() in elf/dl-hwcaps.c of glibc 2.36. The empty one comes last. */
static void add_subsets(struct ig_search_dirs *d, const char *const *parts, size_t count)
{
    for (size_t set = (size_t)1 << count; set-- > 0;) {
        struct ig_buf name = {0};
        for (size_t i = count; i-- > 0;) {
            if ((set >> i & 1) != 0) {
                ig_buf_adds(&name, parts[i]);
                ig_buf_adds(&name, "/");
            }
        }
        d->below[d->below_count++] = ig_buf_steal(&name);
    }
}

struct ig_search_dirs *ig_search_dirs_new(const struct ig_search *s)
{
    struct ig_search_dirs *d = ig_alloc(sizeof *d);
    const char *const *hwcaps = ig_search_hwcaps(s);
    const char *parts[PARTS_MAX];
    size_t count = 0;
    if (is_legacy(s)) {
        parts[count++] = "x86_64";
        if (has_avx512(s)) {
            parts[count++] = "avx512_1";
        }
        parts[count++] = ig_search_platform(s);
        parts[count++] = "tls";
    }
    d->below = ig_alloc_array(3 + ((size_t)1 << PARTS_MAX), sizeof *d->below);
    for (; *hwcaps != NULL; hwcaps++) {
        d->below[d->below_count++] = ig_format("glibc-hwcaps/%s/", *hwcaps);
    }
    add_subsets(d, parts, count);
    return d;
}

void ig_search_dirs_free(struct ig_search_dirs *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->dirs[i].places);
        free(d->dirs[i].name);
    }
    for (size_t i = 0; i < d->below_count; i++) {
        free(d->below[i]);
    }
    for (size_t i = 0; i < d->object_count; i++) {
        free(d->objects[i].dirs);
    }
    free(d->below);
    free(d->dirs);
    free(d->objects);
    free(d->env.dirs);
    free(d->system.dirs);
    ig_strmap_free(&d->index);
    free(d);
}

struct ig_search_list *ig_search_list_of_object(struct ig_search *s, size_t object)
{
    struct ig_search_dirs *d = s->dirs;
    if (object >= d->object_count) {
        size_t count = object * 2 + 16;
        d->objects = ig_realloc_array(d->objects, count, sizeof *d->objects);
        memset(d->objects + d->object_count, 0,
               (count - d->object_count) * sizeof *d->objects);
        d->object_count = count;
    }
    return &d->objects[object];
}

struct ig_search_list *ig_search_list_of_env(struct ig_search *s)
{
    return &s->dirs->env;
}

struct ig_search_list *ig_search_list_of_system(struct ig_search *s)
{
    return &s->dirs->system;
}

/* The directory called NAME, which ends in a slash or is empty; added where it is new. SIZE_MAX
 * beyond the limit. */
static size_t dir_index(struct ig_search *s, const char *name)
{
    struct ig_search_dirs *d = s->dirs;
    size_t index = ig_strmap_get(&d->index, name);
    if (index != SIZE_MAX) {
        return index;
    }
    if (d->count >= IG_DIRS_MAX) {
        ig_search_too_much(s);
        return SIZE_MAX;
    }
    d->dirs = ig_array_room(d->dirs, d->count, sizeof *d->dirs);
    struct dir *dir = &d->dirs[d->count];
    *dir = (struct dir){.name = ig_strdup(name)};
    dir->places = ig_alloc_array(d->below_count, sizeof *dir->places);
    for (size_t i = 0; i < d->below_count; i++) {
        /* The working directory may change, so what lies there is always looked at. */
        dir->places[i] = name[0] != '/' ? EXISTING : UNKNOWN;
    }
    ig_strmap_add(&d->index, dir->name, d->count);
    return d->count++;
}

void ig_search_list_add(struct ig_search *s, struct ig_search_list *list, const char *dir)
{
    size_t length = strlen(dir);
    while (length > 1 && dir[length - 1] == '/') {
        length--;
    }
    IG_AUTO_FREE char *name = ig_format("%.*s%s", (int)length, dir,
                                        length > 0 && dir[length - 1] != '/' ? "/" : "");
    size_t index = dir_index(s, name);
    for (size_t i = 0; i < list->count; i++) {
        if (list->dirs[i] == index) {
            return;
        }
    }
    if (index != SIZE_MAX) {
        list->dirs = ig_array_room(list->dirs, list->count, sizeof *list->dirs);
        list->dirs[list->count++] = index;
    }
}

/* Try NAME in DIR's subdirectory number B. */
static enum ig_found try_place(struct ig_search *s, struct dir *dir, size_t b, enum ig_rule rule,
                               size_t rule_of)
{
    bool unknown = dir->places[b] == UNKNOWN;
    enum ig_found found = IG_NOT_HERE;
    IG_AUTO_FREE char *parent = ig_format("%s%s", dir->name, s->dirs->below[b]);
    IG_AUTO_FREE char *path = ig_format("%s%s", parent, s->need->name);
    /* open_path() asks once, after its first vain try there, whether the directory exists. */
    int number = unknown ? ig_dirs_is_dir(ig_files_dirs(s->options->files), s->options->root, parent,
                                          &s->cost) : 0;
    if (number != 0 && !ig_search_is_absent(s, parent, number)) {
        return ig_search_unread(s, path, rule, rule_of, number);
    }
    if (number != 0) {
        dir->places[b] = NONEXISTING;
        ig_search_missed(s, path, rule, rule_of, number);
        return IG_NOT_HERE;
    }
    dir->places[b] = EXISTING;
    found = ig_search_try(s, path, rule, rule_of);
    /* 2.37 and before took the "/" of "/libx.so" for the end of a directory's name, found that
     * empty, and gave the root directory up where the first look was in vain (bug 30435). */
    if (found == IG_NOT_HERE && unknown && strcmp(parent, "/") == 0 && s->loader->minor < 38) {
        dir->places[b] = NONEXISTING;
        s->last_errno = ENOENT;
    }
    return found;
}

/* A file that is there but cannot be opened for another reason than these ends the list. ENOTDIR is
 * one of them only since 2.39 (bug 31035). */
static bool ends_list(const struct ig_search *s)
{
    return s->last_errno != ENOENT && s->last_errno != EACCES &&
           (s->last_errno != ENOTDIR || s->loader->minor < 39);
}

static void note_dir(struct ig_search *s, struct dir *dir, enum ig_rule rule, size_t rule_of)
{
    if (!dir->noted && rule != IG_RULE_DEFAULT) {
        size_t length = strlen(dir->name);
        IG_AUTO_FREE char *path = ig_strndup(dir->name, length > 1 ? length - 1 : length);
        dir->noted = true;
        ig_search_dir_note(s, length > 0 ? path : ".", rule, rule_of);
    }
}

enum ig_found ig_search_list_try(struct ig_search *s, const struct ig_search_list *list,
                                 enum ig_rule rule, size_t rule_of)
{
    for (size_t i = 0; i < list->count; i++) {
        struct dir *dir = &s->dirs->dirs[list->dirs[i]];
        bool any = false;
        note_dir(s, dir, rule, rule_of);
        if (dir->name[0] != '/' && s->options->cwd == NULL) {
            continue;
        }
        for (size_t b = 0; b < s->dirs->below_count; b++) {
            if (dir->places[b] == NONEXISTING) {
                continue;
            }
            if (ig_search_exhausted(s)) {
                return IG_GIVE_UP;
            }
            enum ig_found found = try_place(s, dir, b, rule, rule_of);
            if (found != IG_NOT_HERE) {
                return found;
            }
            any |= dir->places[b] != NONEXISTING;
        }
        if (any && ends_list(s)) {
            return IG_NOT_HERE;
        }
    }
    return IG_NOT_HERE;
}
