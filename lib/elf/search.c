/* SPDX-License-Identifier: Apache-2.0 */
/* One place at a time: what both resolvers do with a file they come to. */
#include "elf/search.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/mem.h"

char *ig_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? ig_strdup(".") : slash == path ? ig_strdup("/")
                                                         : ig_strndup(path, (size_t)(slash - path));
}

char *ig_search_absolute(const struct ig_search *s, const char *path)
{
    const char *cwd = s->options->cwd;
    if (path[0] == '/') {
        return ig_strdup(path);
    }
    return cwd != NULL ? ig_format("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path) : NULL;
}

const char *ig_search_text(struct ig_search *s, const char *text)
{
    return ig_arena_text(&s->out->texts, text, strlen(text));
}

bool ig_search_exhausted(struct ig_search *s)
{
    if (s->out->limit == NULL &&
        (s->cost >= IG_COST_MAX || s->out->count >= IG_OBJECTS_MAX ||
         s->out->need_count >= IG_NEEDS_MAX || s->names_kept >= IG_NAMES_KEPT_MAX)) {
        ig_search_too_much(s);
    }
    return s->out->limit != NULL;
}

void ig_search_too_much(struct ig_search *s)
{
    if (s->out->limit == NULL) {
        s->out->limit = ig_strdup("its libraries are more, or are looked for in more places, than "
                                  "initgate follows");
    }
}

static void note_try(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of,
                     const char *why)
{
    struct ig_need *need = s->need;
    if (s->tries_kept >= IG_TRIES_KEPT_MAX) {
        return;
    }
    s->tries_kept += strlen(path) + 2 * sizeof *need->tries;
    need->tries = ig_array_room(need->tries, need->try_count, sizeof *need->tries);
    need->tries[need->try_count++] = (struct ig_try){
        .path = ig_strdup(path),
        .rule = rule,
        .rule_of = rule_of,
        .found = why == NULL,
        .why = why != NULL ? ig_strdup(why) : NULL,
    };
}

void ig_search_passed_over(struct ig_search *s, const char *path, enum ig_rule rule,
                           size_t rule_of, const char *why)
{
    s->last_errno = ENOENT;
    note_try(s, path, rule, rule_of, why);
}

void ig_search_missed(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of,
                      int number)
{
    char words[32];
    const char *name = ig_errno_name(number);
    if (name == NULL) {
        snprintf(words, sizeof words, "error %d", number);
    }
    s->last_errno = number;
    note_try(s, path, rule, rule_of, name != NULL ? name : words);
}

void ig_search_satisfied(struct ig_search *s, size_t object)
{
    s->need->found = true;
    s->need->object = object;
}

static enum ig_found give_up(struct ig_search *s, const char *path, enum ig_rule rule,
                             size_t rule_of, bool unread, const char *why)
{
    note_try(s, path, rule, rule_of, why);
    s->need->unread = unread;
    s->need->fault = ig_format("%s: %s", path, why);
    return IG_GIVE_UP;
}

/* What glibc refuses of a library, though a program may be so, or musl takes it. */
static const char *glibc_refusal(const struct ig_file *file)
{
    enum { ABI_VERSION_MAX = 4 };  /* LIBC_ABI_MAX since 2.36; before it was lower */
    if (file->osabi != ELFOSABI_NONE && file->osabi != ELFOSABI_GNU) {
        return "ELF file OS ABI invalid";
    }
    if (file->abi_version >= (file->osabi == ELFOSABI_GNU ? ABI_VERSION_MAX : 1)) {
        return "ELF file ABI version invalid";
    }
    if (file->image.e_type == ET_EXEC) {
        return "cannot dynamically load executable";
    }
    if ((file->dynamic.flags_1 & IG_DT_1_PIE) != 0) {
        return "cannot dynamically load position-independent executable";
    }
    return NULL;
}

/* The object that is FILE already. The program is none: the kernel mapped it, and neither loader
 * asks which file that was. */
static size_t same_file(const struct ig_search *s, const struct ig_file *file)
{
    if (file == s->loader_file && s->out->kind == IG_LOADER_MUSL) {
        return s->loader_object;
    }
    for (size_t i = 1; i < s->out->count; i++) {
        if (s->out->objects[i].file == file && i != s->loader_object) {
            return i;
        }
    }
    return SIZE_MAX;
}

static size_t add_object(struct ig_search *s, struct ig_object object)
{
    struct ig_resolution *out = s->out;
    out->objects = ig_array_room(out->objects, out->count, sizeof *out->objects);
    out->objects[out->count] = object;
    return out->count++;
}

size_t ig_search_add_loader(struct ig_search *s, size_t needed_by)
{
    if (s->loader_object == SIZE_MAX) {
        s->loader_object = add_object(s, (struct ig_object){
            .name = s->need->name,
            .path = ig_search_text(s, s->loader_path),
            .rule = IG_RULE_LOADER,
            .needed_by = needed_by,
            .file = s->loader_file,
            .at = s->out->loader,
        });
    }
    return s->loader_object;
}

static size_t add_library(struct ig_search *s, const struct ig_located *at, enum ig_rule rule,
                          size_t rule_of, const struct ig_file *file)
{
    return add_object(s, (struct ig_object){
                             .name = s->need->name,
                             .path = at->path,
                             .rule = rule,
                             .rule_of = rule_of,
                             .needed_by = s->need->by,
                             .file = file,
                             .at = at,
                             .noexec = (at->mount_flags & ST_NOEXEC) != 0,
                         });
}

static enum ig_found take(struct ig_search *s, const struct ig_located *at, const char *path,
                          enum ig_rule rule, size_t rule_of)
{
    bool musl = s->out->kind == IG_LOADER_MUSL;
    if (s->options->permits != NULL &&
        !s->options->permits(s->options->context, &at->walk, 4)) {
        ig_search_missed(s, path, rule, rule_of, EACCES);
        return IG_NOT_HERE;
    }
    const struct ig_file *file = ig_file_for(at->file, s->program);
    const char *refusal = file->fit == IG_FIT_OTHER ? "another class or machine"
                          : file->fit != IG_FIT_YES ? file->text
                          : !musl                   ? glibc_refusal(file)
                                                    : NULL;
    if (file->fit == IG_FIT_OTHER && !musl) {
        ig_search_passed_over(s, path, rule, rule_of, refusal);
        return IG_NOT_HERE;
    }
    if (refusal != NULL) {
        return give_up(s, path, rule, rule_of, file->fit == IG_FIT_UNREAD, refusal);
    }
    if (!musl && s->preloading && s->options->secure && rule != IG_RULE_PATH &&
        (ig_walk_final(&at->walk)->meta.mode & S_ISUID) == 0) {
        /* open_path(): only what the system's owner marked so may be injected. */
        ig_search_passed_over(s, path, rule, rule_of, "not set-user-ID");
        return IG_NOT_HERE;
    }
    if (at->mount_fault != NULL) {
        return give_up(s, path, rule, rule_of, true, at->mount_fault);
    }
    if (s->options->denies != NULL &&
        s->options->denies(s->options->context, ig_image_memory(&file->image, true))) {
        return give_up(s, path, rule, rule_of, false, "it asks for more memory than this node "
                                                      "promises (vm.overcommit_memory)");
    }
    if (s->options->trace) {
        note_try(s, path, rule, rule_of, NULL);
    }
    size_t object = same_file(s, file);
    if (object == SIZE_MAX && file == s->loader_file && musl) {
        /* It refuses to be there twice. */
        object = ig_search_add_loader(s, s->need->by);
    } else if (object == SIZE_MAX) {
        object = add_library(s, at, rule, rule_of, file);
    }
    ig_search_satisfied(s, object);
    return IG_FOUND;
}

bool ig_search_is_absent(const struct ig_search *s, const char *path, int number)
{
    struct ig_walk walk;
    if (number != EACCES) {
        return ig_absence(number);
    }
    ig_fsroot_walk(s->options->root, path, 0, &walk);
    bool refused = s->options->permits != NULL &&
                   !s->options->permits(s->options->context, &walk, 4);
    ig_walk_free(&walk);
    return refused;
}

enum ig_found ig_search_unread(struct ig_search *s, const char *path, enum ig_rule rule,
                               size_t rule_of, int number)
{
    char words[160];
    s->need->unread_errno = number;
    return give_up(s, path, rule, rule_of, true, ig_errno_text(number, words, sizeof words));
}

enum ig_found ig_search_try(struct ig_search *s, const char *path, enum ig_rule rule,
                            size_t rule_of)
{
    int number = 0;
    IG_AUTO_FREE char *joined = path[0] != '/' ? ig_search_absolute(s, path) : NULL;
    const char *absolute = path[0] != '/' ? joined : path;
    if (absolute == NULL) {
        return give_up(s, path, rule, rule_of, true,
                       "a relative path leads wherever the working directory is");
    }
    const struct ig_located *at =
        ig_files_look_for(s->options->files, s->options->root, absolute, &s->cost, &number);
    if (at != NULL) {
        return take(s, at, absolute, rule, rule_of);
    }
    if (!ig_search_is_absent(s, absolute, number)) {
        return ig_search_unread(s, absolute, rule, rule_of, number);
    }
    ig_search_missed(s, absolute, rule, rule_of, number);
    return IG_NOT_HERE;
}

void ig_search_dir_note(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of)
{
    struct ig_resolution *out = s->out;
    if (ig_strmap_get(&s->noted, path) != SIZE_MAX) {
        return;
    }
    if (out->dir_count >= IG_DIRS_MAX) {
        ig_search_too_much(s);
        return;
    }
    out->dirs = ig_array_room(out->dirs, out->dir_count, sizeof *out->dirs);
    struct ig_search_dir *dir = &out->dirs[out->dir_count++];
    *dir = (struct ig_search_dir){.path = ig_search_text(s, path), .rule = rule,
                                  .rule_of = rule_of, .relative = path[0] != '/',
                                  .walk = {.fd = -1, .parent_fd = -1}};
    ig_strmap_add(&s->noted, dir->path, out->dir_count - 1);
    IG_AUTO_FREE char *absolute = ig_search_absolute(s, path);
    if (absolute != NULL) {
        dir->exists = ig_fsroot_walk(s->options->root, absolute, 0, &dir->walk) == 0;
        ig_walk_close(&dir->walk);
    }
}
