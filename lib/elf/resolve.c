/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/resolve.h"

#include <string.h>
#include <sys/statvfs.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/search_dirs.h"

const char *ig_rule_name(enum ig_rule rule)
{
    static const char *const names[IG_RULE_COUNT] = {
        [IG_RULE_PROGRAM] = "program",
        [IG_RULE_LOADER] = "loader",
        [IG_RULE_PRELOAD] = "preload",
        [IG_RULE_PATH] = "path",
        [IG_RULE_RPATH] = "RPATH",
        [IG_RULE_LD_LIBRARY_PATH] = "LD_LIBRARY_PATH",
        [IG_RULE_RUNPATH] = "RUNPATH",
        [IG_RULE_CACHE] = "ld.so.cache",
        [IG_RULE_DEFAULT] = "default directory",
    };
    return names[rule];
}

static void search(struct ig_search *s, size_t by)
{
    if (s->out->kind == IG_LOADER_MUSL) {
        ig_search_musl(s, by);
    } else {
        ig_search_glibc(s, by);
    }
}

static void free_tries(struct ig_need *need)
{
    for (size_t i = 0; i < need->try_count; i++) {
        free(need->tries[i].path);
        free(need->tries[i].why);
    }
    free(need->tries);
    need->tries = NULL;
    need->try_count = 0;
}

/* NAME must live as long as the resolution. */
static struct ig_need *look_for(struct ig_search *s, size_t by, const char *name)
{
    struct ig_resolution *out = s->out;
    out->needs = ig_array_room(out->needs, out->need_count, sizeof *out->needs);
    struct ig_need need = {.by = by, .name = name};
    size_t kept = s->tries_kept;
    s->names_kept += strlen(name) + 1;
    s->need = &need;
    search(s, by);
    if (need.found && !s->options->trace) {
        free_tries(&need);
        s->tries_kept = kept;
    }
    out->needs[out->need_count] = need;
    return &out->needs[out->need_count++];
}

/* dso_name_valid_for_suid() in glibc's elf/rtld.c. */
static bool may_preload(const struct ig_search *s, const char *name)
{
    enum { SECURE_NAME_LIMIT = 255 };
    return !s->options->secure ||
           (strlen(name) <= SECURE_NAME_LIMIT && strchr(name, '/') == NULL);
}

static void preload_list(struct ig_search *s, const char *list, const char *separators,
                         bool from_env)
{
    IG_AUTO_FREE char *copy = ig_strdup(list);
    char *rest = copy;
    for (char *name; (name = strsep(&rest, separators)) != NULL;) {
        if (name[0] == '\0' || ig_search_exhausted(s) || (from_env && !may_preload(s, name))) {
            continue;
        }
        size_t before = s->out->count;
        struct ig_need *need = look_for(s, 0, ig_search_text(s, name));
        need->ignored = !need->found;
        if (s->out->count > before) {
            s->out->objects[before].rule = IG_RULE_PRELOAD;
        }
    }
}

/* ld.so(8): LD_PRELOAD first, then /etc/ld.so.preload; blanks or colons part the names, "#" starts
 * a comment in the file. */
static void preload(struct ig_search *s)
{
    bool musl = s->out->kind == IG_LOADER_MUSL;
    if (s->options->ld_preload != NULL && !(musl && s->options->secure)) {
        preload_list(s, s->options->ld_preload, musl ? " :\t\n\v\f\r" : " :", true);
    }
    IG_AUTO_BUF struct ig_buf text = {0};
    if (musl ||
        ig_search_read(s, "/etc/ld.so.preload", &text) != 0) {
        return;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '#') {
            for (; i < text.length && text.data[i] != '\n'; i++) {
                text.data[i] = ' ';
            }
        }
    }
    preload_list(s, ig_buf_text(&text), ": \t\n", false);
}

/* glibc's elf/dl-deps.c loads a filtee before what it stands in for, for whom the order of libraries
 * makes a difference; here it comes behind. musl has none. */
static void load_filtees(struct ig_search *s, size_t by)
{
    const struct ig_dynamic *d = &s->out->objects[by].file->dynamic;
    for (size_t i = 0; s->out->kind != IG_LOADER_MUSL && i < d->filtee_count; i++) {
        if (ig_search_exhausted(s)) {
            return;
        }
        struct ig_need *need = look_for(s, by, d->filtees[i].name);
        need->optional = d->filtees[i].optional;
        need->ignored = need->optional && !need->found;
    }
}

/* Breadth first, as both loaders do. */
static void load_all(struct ig_search *s)
{
    for (size_t i = 0; i < s->out->count; i++) {
        for (size_t n = 0; n < s->out->objects[i].file->dynamic.needed_count; n++) {
            if (ig_search_exhausted(s)) {
                return;
            }
            look_for(s, i, s->out->objects[i].file->dynamic.needed[n]);
        }
        load_filtees(s, i);
    }
}

/* -1 where the loader's file cannot be read. */
static int open_loader(struct ig_search *s, struct ig_error *e)
{
    static const struct ig_ldcache no_cache;
    const struct ig_known_loader *known =
        ig_files_loader(s->options->files, s->options->root, s->loader_path, s->program, e);
    if (known == NULL) {
        return -1;
    }
    s->loader = &known->loader;
    s->loader_file = known->file;
    s->out->kind = known->loader.kind;
    s->out->loader = known->located;
    s->cache = &no_cache;
    if (s->out->kind != IG_LOADER_MUSL && ig_search_may_read(s, "/etc/ld.so.cache")) {
        struct ig_error unread = {0};
        const struct ig_known_cache *cache =
            ig_files_ldcache(s->options->files, s->options->root);
        s->cache = &cache->cache;
        s->out->cache = cache->located;
        if (cache->number != 0) {
            ig_error_set(&unread, cache->number, "/etc/ld.so.cache");
            ig_search_unknown(s, &unread);
        }
    }
    return 0;
}

static void add_program(struct ig_search *s, const struct ig_walk *walk,
                        const struct ig_file *file)
{
    const char *path = ig_search_text(s, walk->path);
    s->out->objects = ig_array_room(NULL, 0, sizeof *s->out->objects);
    s->out->objects[0] = (struct ig_object){
        .name = path,
        .path = path,
        .rule = IG_RULE_PROGRAM,
        .file = file,
    };
    s->out->count = 1;
}

static void close_search(struct ig_search *s)
{
    if (s->dirs != NULL) {
        ig_search_dirs_free(s->dirs);
    }
    ig_strmap_free(&s->names);
    ig_strmap_free(&s->noted);
    free(s->musl_path);
}

int ig_resolve(const struct ig_resolve_options *options, const struct ig_walk *walk, int fd,
               const struct ig_image *image, const char *loader_path, struct ig_resolution *out,
               struct ig_error *e)
{
    struct ig_search s = {.options = options, .program = image, .loader_path = loader_path,
                          .loader_object = SIZE_MAX, .out = out};
    *out = (struct ig_resolution){
        .root = options->root, .files = options->files, .secure = options->secure};
    const struct ig_file *program =
        ig_file_for(ig_files_get(options->files, walk, fd), image);
    if (program->fit == IG_FIT_UNREAD) {
        return ig_error_set(e, 0, "%s", program->text);
    }
    if (open_loader(&s, e) != 0) {
        return -1;
    }
    add_program(&s, walk, program);
    if (program->fit == IG_FIT_YES) {
        s.dirs = ig_search_dirs_new(&s);
        s.preloading = true;
        preload(&s);
        s.preloading = false;
        load_all(&s);
    }
    close_search(&s);
    return 0;
}

void ig_resolution_free(struct ig_resolution *r)
{
    for (size_t i = 0; i < r->need_count; i++) {
        free(r->needs[i].fault);
        free_tries(&r->needs[i]);
    }
    for (size_t i = 0; i < r->dir_count; i++) {
        ig_walk_free(&r->dirs[i].walk);
    }
    ig_arena_free(&r->texts);
    free(r->objects);
    free(r->needs);
    free(r->dirs);
    free(r->limit);
    free(r->refused);
    *r = (struct ig_resolution){0};
}
