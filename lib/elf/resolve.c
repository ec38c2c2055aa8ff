/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/search.h"

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

unsigned ig_x86_level(void)
{
#if defined(__x86_64__)
    /* x86-64 psABI, micro-architecture levels; what libgcc can ask for of each. */
    if (!__builtin_cpu_supports("ssse3") || !__builtin_cpu_supports("sse4.2") ||
        !__builtin_cpu_supports("popcnt")) {
        return 1;
    }
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma")) {
        return 2;
    }
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl")
               ? 4
               : 3;
#else
    return 1;
#endif
}

char *ig_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? ig_strdup(".") : slash == path ? ig_strdup("/")
                                                         : ig_strndup(path, (size_t)(slash - path));
}

static void note_try(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of,
                     const char *why)
{
    struct ig_need *need = s->need;
    if (need->try_count >= IG_TRIES_MAX) {
        return;
    }
    if ((need->try_count & (need->try_count - 1)) == 0) {
        size_t size = need->try_count != 0 ? need->try_count * 2 : 1;
        need->tries = ig_realloc_array(need->tries, size, sizeof *need->tries);
    }
    need->tries[need->try_count++] = (struct ig_try){
        .path = ig_strdup(path),
        .rule = rule,
        .rule_of = rule_of,
        .found = why == NULL,
        .why = why != NULL ? ig_strdup(why) : NULL,
    };
}

static size_t add_object(struct ig_search *s, struct ig_object object)
{
    struct ig_resolution *out = s->out;
    if ((out->count & (out->count - 1)) == 0) {
        out->objects = ig_realloc_array(out->objects, out->count != 0 ? out->count * 2 : 1,
                                        sizeof *out->objects);
    }
    out->objects[out->count] = object;
    return out->count++;
}

static size_t same_file(const struct ig_search *s, const struct ig_file *file)
{
    for (size_t i = 0; i < s->out->count; i++) {
        if (s->out->objects[i].file == file) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool permitted(const struct ig_search *s, const struct ig_walk *walk)
{
    return s->options->permits == NULL ||
           s->options->permits(s->options->permits_context, walk, 4);
}

static enum ig_found pass_over(struct ig_search *s, const char *path, enum ig_rule rule,
                               size_t rule_of, bool keep_looking, const char *why)
{
    note_try(s, path, rule, rule_of, why);
    if (keep_looking) {
        return IG_NOT_HERE;
    }
    s->need->fault = ig_format("%s: %s", path, why);
    return IG_GIVE_UP;
}

static bool on_noexec_mount(const struct ig_walk *walk)
{
    unsigned long flags = 0;
    unsigned long magic = 0;
    return ig_fd_statfs(walk->fd, &flags, &magic, NULL) != 0 || (flags & ST_NOEXEC) != 0;
}

/* WALK succeeded and is taken over. */
static enum ig_found take(struct ig_search *s, struct ig_walk *walk, const char *path,
                          enum ig_rule rule, size_t rule_of, bool keep_looking)
{
    if (!permitted(s, walk)) {
        ig_walk_free(walk);
        return pass_over(s, path, rule, rule_of, true, "EACCES for the program's user");
    }
    const struct ig_file *file = ig_files_get(s->options->files, walk, s->program);
    /* Of a program that is no fault: it needs nothing then. */
    const char *fault = file->fit != IG_FIT_YES     ? file->text
                        : !file->dynamic.present ? "object file has no dynamic section"
                                                 : NULL;
    if (file->fit != IG_FIT_YES || fault != NULL) {
        ig_walk_free(walk);
        if (file->fit == IG_FIT_OTHER) {
            return pass_over(s, path, rule, rule_of, keep_looking, "another class or machine");
        }
        note_try(s, path, rule, rule_of, fault);
        s->need->unread = file->fit == IG_FIT_UNREAD;
        s->need->fault = ig_format("%s: %s", path, fault);
        return IG_GIVE_UP;
    }
    note_try(s, path, rule, rule_of, NULL);
    size_t index = same_file(s, file);
    if (index != SIZE_MAX) {
        ig_walk_free(walk);
    } else {
        bool noexec = on_noexec_mount(walk);
        ig_walk_close(walk);
        index = add_object(s, (struct ig_object){
                                  .name = ig_strdup(s->need->name),
                                  .path = ig_strdup(path),
                                  .rule = rule,
                                  .rule_of = rule_of,
                                  .needed_by = s->need->by,
                                  .file = file,
                                  .noexec = noexec,
                                  .walk = *walk,
                              });
    }
    s->need->found = true;
    s->need->object = index;
    return IG_FOUND;
}

enum ig_found ig_search_try(struct ig_search *s, const char *path, enum ig_rule rule,
                            size_t rule_of, bool keep_looking)
{
    struct ig_walk walk;
    if (ig_fsroot_walk(s->options->root, path, 0, &walk) == 0) {
        return take(s, &walk, path, rule, rule_of, keep_looking);
    }
    char words[64];
    const char *name = ig_errno_name(walk.error);
    snprintf(words, sizeof words, "%s", name != NULL ? name : "unknown error");
    int error = walk.error;
    ig_walk_free(&walk);
    if (error == EACCES && s->options->permits == NULL) {
        /* Nothing is known of what lies behind a directory that the gate itself may not search. */
        note_try(s, path, rule, rule_of, words);
        return IG_NOT_HERE;
    }
    bool plain = error == ENOENT || error == ENOTDIR || error == EACCES || error == ENAMETOOLONG;
    return pass_over(s, path, rule, rule_of, plain || rule == IG_RULE_CACHE, words);
}

void ig_search_dir_note(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of)
{
    struct ig_resolution *out = s->out;
    for (size_t i = 0; i < out->dir_count; i++) {
        if (strcmp(out->dirs[i].path, path) == 0) {
            return;
        }
    }
    if (out->dir_count >= IG_TRIES_MAX) {
        return;
    }
    out->dirs = ig_realloc_array(out->dirs, out->dir_count + 1, sizeof *out->dirs);
    struct ig_search_dir *dir = &out->dirs[out->dir_count++];
    *dir = (struct ig_search_dir){.path = ig_strdup(path), .rule = rule, .rule_of = rule_of,
                                  .relative = path[0] != '/'};
    dir->walk.fd = -1;
    dir->walk.parent_fd = -1;
    if (!dir->relative) {
        dir->exists = ig_fsroot_walk(s->options->root, path, 0, &dir->walk) == 0;
        ig_walk_close(&dir->walk);
    }
}

static bool named(const struct ig_resolution *out, size_t object, const char *name)
{
    for (size_t i = 0; i < out->need_count; i++) {
        if (out->needs[i].found && out->needs[i].object == object &&
            strcmp(out->needs[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

size_t ig_search_loaded(const struct ig_search *s, const char *name)
{
    for (size_t i = 0; i < s->out->count; i++) {
        const struct ig_object *o = &s->out->objects[i];
        if (strcmp(o->name, name) == 0 || strcmp(o->path, name) == 0 ||
            (o->file->dynamic.soname != NULL && strcmp(o->file->dynamic.soname, name) == 0)) {
            return i;
        }
    }
    for (size_t i = 0; i < s->out->count; i++) {
        if (named(s->out, i, name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t ig_search_add_loader(struct ig_search *s, size_t needed_by, const char *name)
{
    size_t index = same_file(s, s->loader_file);
    if (index != SIZE_MAX) {
        return index;
    }
    struct ig_object object = {
        .name = ig_strdup(name),
        .path = ig_strdup(s->loader_path),
        .rule = IG_RULE_LOADER,
        .needed_by = needed_by,
        .file = s->loader_file,
    };
    ig_fsroot_walk(s->options->root, s->loader_path, 0, &object.walk);
    ig_walk_close(&object.walk);
    return add_object(s, object);
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

static struct ig_need *look_for(struct ig_search *s, size_t by, const char *name)
{
    struct ig_resolution *out = s->out;
    if ((out->need_count & (out->need_count - 1)) == 0) {
        out->needs = ig_realloc_array(out->needs, out->need_count != 0 ? out->need_count * 2 : 1,
                                      sizeof *out->needs);
    }
    struct ig_need need = {.by = by, .name = ig_strdup(name)};
    s->need = &need;
    search(s, by);
    if (need.found && !s->options->trace) {
        free_tries(&need);
    }
    out->needs[out->need_count] = need;
    return &out->needs[out->need_count++];
}

static void preload_list(struct ig_search *s, const char *list, const char *separators)
{
    IG_AUTO_FREE char *copy = ig_strdup(list);
    char *rest = copy;
    for (char *name; (name = strsep(&rest, separators)) != NULL;) {
        if (name[0] != '\0' && s->out->need_count < IG_NEEDS_MAX) {
            struct ig_need *need = look_for(s, 0, name);
            need->ignored = !need->found;
            if (need->found && s->out->objects[need->object].rule != IG_RULE_PROGRAM &&
                need->object + 1 == s->out->count) {
                s->out->objects[need->object].rule = IG_RULE_PRELOAD;
            }
        }
    }
}

/* ld.so(8): LD_PRELOAD first, then /etc/ld.so.preload; blanks or colons part the names, "#" starts a
 * comment in the file. */
static void preload(struct ig_search *s)
{
    if (s->options->ld_preload != NULL) {
        preload_list(s, s->options->ld_preload, " :");
    }
    IG_AUTO_BUF struct ig_buf text = {0};
    if (s->out->kind != IG_LOADER_GLIBC ||
        ig_fsroot_slurp(s->options->root, "/etc/ld.so.preload", 64 << 10, &text, NULL) != 0) {
        return;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '#') {
            for (; i < text.length && text.data[i] != '\n'; i++) {
                text.data[i] = ' ';
            }
        }
    }
    preload_list(s, ig_buf_text(&text), ": \t\n");
}

/* Breadth first, as both loaders do. */
static void load_all(struct ig_search *s)
{
    for (size_t i = 0; i < s->out->count; i++) {
        for (size_t n = 0; n < s->out->objects[i].file->dynamic.needed_count; n++) {
            if (s->out->count >= IG_OBJECTS_MAX || s->out->need_count >= IG_NEEDS_MAX) {
                s->out->limit = ig_strdup("it needs more libraries than initgate follows");
                return;
            }
            look_for(s, i, s->out->objects[i].file->dynamic.needed[n]);
        }
    }
}

static int open_loader(struct ig_search *s, struct ig_error *e)
{
    struct ig_walk walk;
    int status = 0;
    s->out->kind = ig_loader_kind_of(s->loader_path);
    s->loader = (struct ig_loader){.kind = s->out->kind};
    if (ig_fsroot_walk(s->options->root, s->loader_path, 0, &walk) == 0) {
        const struct ig_file *file = ig_files_get(s->options->files, &walk, s->program);
        struct ig_error unread = {0};
        IG_AUTO_CLOSE int fd = ig_walk_open(&walk, &unread);
        s->loader_file = file->fit == IG_FIT_YES ? file : NULL;
        if (fd >= 0) {
            struct ig_bytes bytes = ig_bytes_of_fd(fd, ig_walk_final(&walk)->meta.size);
            if (s->out->kind == IG_LOADER_UNKNOWN) {
                s->out->kind = ig_loader_kind_of(walk.path);
            }
            status = ig_loader_parse(&bytes, s->program, s->out->kind, &s->loader, e);
        }
    }
    ig_walk_free(&walk);
    if (s->loader.lib == NULL && status == 0) {
        struct ig_bytes nothing = ig_bytes_of_memory("", 0);
        status = ig_loader_parse(&nothing, s->program, s->out->kind, &s->loader, e);
    }
    return status;
}

static void open_cache(struct ig_search *s)
{
    struct ig_buf text = {0};
    /* A cache that is missing or malformed is passed over by ld.so as well. */
    if (s->out->kind != IG_LOADER_MUSL &&
        ig_fsroot_slurp(s->options->root, "/etc/ld.so.cache", IG_LDCACHE_MAX, &text, NULL) == 0) {
        size_t length = text.length;
        ig_ldcache_parse(ig_buf_steal(&text), length, &s->cache, NULL);
    }
    ig_buf_free(&text);
}

int ig_resolve(const struct ig_resolve_options *options, const struct ig_walk *walk, int fd,
               const struct ig_image *image, const char *loader_path, struct ig_resolution *out,
               struct ig_error *e)
{
    struct ig_search s = {.options = options, .program = image, .loader_path = loader_path,
                          .out = out};
    *out = (struct ig_resolution){0};
    (void)fd;
    if (open_loader(&s, e) != 0) {
        return -1;
    }
    open_cache(&s);
    const struct ig_file *program = ig_files_get(options->files, walk, image);
    struct ig_object object = {
        .name = ig_strdup(walk->path),
        .path = ig_strdup(walk->path),
        .rule = IG_RULE_PROGRAM,
        .file = program,
        .walk = {.fd = -1, .parent_fd = -1},
    };
    add_object(&s, object);
    if (program->fit == IG_FIT_YES) {
        preload(&s);
        load_all(&s);
    } else if (program->fit == IG_FIT_UNREAD) {
        ig_error_set(e, EIO, "%s", program->text);
    }
    ig_loader_free(&s.loader);
    ig_ldcache_free(&s.cache);
    if (program->fit == IG_FIT_UNREAD) {
        ig_resolution_free(out);
        return -1;
    }
    return 0;
}

void ig_resolution_free(struct ig_resolution *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->objects[i].name);
        free(r->objects[i].path);
        ig_walk_free(&r->objects[i].walk);
    }
    for (size_t i = 0; i < r->need_count; i++) {
        free(r->needs[i].name);
        free(r->needs[i].fault);
        free_tries(&r->needs[i]);
    }
    for (size_t i = 0; i < r->dir_count; i++) {
        free(r->dirs[i].path);
        ig_walk_free(&r->dirs[i].walk);
    }
    free(r->objects);
    free(r->needs);
    free(r->dirs);
    free(r->limit);
    *r = (struct ig_resolution){0};
}
