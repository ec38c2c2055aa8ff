/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/libraries.h"

#include <elf.h>
#include <string.h>

#include "checks/interpreter.h"
#include "checks/privilege.h"
#include "checks/words.h"
#include "core/mem.h"
#include "core/text.h"

static bool may_use(const void *context, const struct ig_walk *walk, unsigned may)
{
    const struct ig_scene *scene = context;
    const struct ig_hop *failing = NULL;
    return ig_scene_permits(scene, walk, may, &failing) || failing == NULL;
}

static bool denies_memory(const void *context, uint64_t bytes)
{
    const struct ig_scene *scene = context;
    return ig_scene_denies_memory(scene, bytes);
}

/* glibc's and musl's loaders die of a program without a dynamic section; others need none. */
static bool is_unnamed(const struct ig_target *program)
{
    const struct ig_image *image = &program->image;
    for (size_t i = 0; i < image->segment_count; i++) {
        if (image->segments[i].type == PT_DYNAMIC) {
            return false;
        }
    }
    return program->loader != NULL && ig_loader_kind_of(image->interp) == IG_LOADER_UNKNOWN &&
           ig_loader_kind_of(program->loader->walk.path) == IG_LOADER_UNKNOWN;
}

enum ig_libraries_state ig_libraries_state(const struct ig_question *q,
                                           const struct ig_target *program, struct ig_error *e)
{
    bool library = q->subject->scanned == IG_SCANNED_LIBRARY;
    if (program->image.refusal != 0 && !(library && ig_interp_is_refused(&program->image))) {
        ig_error_set(e, 0, "%s", program->image.refusal_text);
        return IG_LIBRARIES_UNREADABLE;
    }
    /* A static program that a scan takes for a library, since nobody may execute it, has none. */
    if (program->image.interp_state == IG_INTERP_NONE &&
        (!library || program->image.e_type == ET_EXEC)) {
        return IG_LIBRARIES_NONE;
    }
    if (library) {
        return IG_LIBRARIES_HERE;
    }
    if (program->image.interp == NULL) {
        ig_error_set(e, 0, "its PT_INTERP is malformed");
        return IG_LIBRARIES_UNREADABLE;
    }
    if (is_unnamed(program)) {
        return IG_LIBRARIES_UNNAMED;
    }
    return ig_interpreter_elsewhere(q->subject) ? IG_LIBRARIES_ELSEWHERE : IG_LIBRARIES_HERE;
}

bool ig_libraries_settled(const struct ig_target *program, enum ig_libraries_state state,
                          struct ig_result *r)
{
    IG_AUTO_FREE char *loader =
        program->image.interp != NULL ? ig_escaped(program->image.interp) : NULL;
    switch (state) {
    case IG_LIBRARIES_NONE:
        ig_result_set(r, IG_STATUS_PASS, "None needed: the program is static.");
        return true;
    case IG_LIBRARIES_UNNAMED:
        ig_result_set(r, IG_STATUS_PASS, "The program names none: it has no dynamic section, and "
                                         "its loader %s is neither glibc's nor musl's.", loader);
        return true;
    case IG_LIBRARIES_ELSEWHERE:
        ig_result_set(r, IG_STATUS_SKIP, "Not evaluated: the loader and the libraries lie in the "
                                         "main container's image (interpreter.visible is false).");
        return true;
    case IG_LIBRARIES_HERE:
    case IG_LIBRARIES_UNREADABLE:
        break;
    }
    return false;
}

/* A library names no loader, or in vain: the one that its machine's programs have. */
static char *loader_of(const struct ig_question *q, const struct ig_target *program)
{
    bool library = q->subject->scanned == IG_SCANNED_LIBRARY;
    IG_AUTO_ARENA struct ig_arena memory = {0};
    struct ig_dynamic dynamic;
    char guess[64];
    if (program->image.interp != NULL && (!library || program->image.interp[0] == '/')) {
        return ig_strdup(program->image.interp);
    }
    struct ig_bytes bytes = ig_bytes_of_fd(program->fd, program->image.size);
    if (ig_dynamic_parse(&bytes, &program->image, &memory, &dynamic, NULL) != 0) {
        return NULL;
    }
    const char *path = ig_loader_guess(&program->image, dynamic.needed, dynamic.needed_count,
                                       guess, sizeof guess);
    return path != NULL ? ig_strdup(path) : NULL;
}

static struct ig_libraries *resolve(const struct ig_question *q, const struct ig_target *program)
{
    struct ig_libraries *l = ig_alloc(sizeof *l);
    IG_AUTO_FREE char *loader = loader_of(q, program);
    struct ig_resolve_options options = {
        .root = q->scene->root,
        .files = q->files,
        .ld_library_path = ig_scene_env(q->scene, "LD_LIBRARY_PATH"),
        .ld_preload = ig_scene_env(q->scene, "LD_PRELOAD"),
        .secure = ig_privilege_secure(q->scene, program),
        .x86 = ig_x86_this(),
        .permits = q->scene->run_as_known ? may_use : NULL,
        .denies = denies_memory,
        .context = q->scene,
    };
    l->failed = loader == NULL ||
                ig_resolve(&options, &program->walk, program->fd, &program->image, loader,
                           &l->resolution, &l->error) != 0;
    if (loader == NULL) {
        ig_error_set(&l->error, 0, "no loader is known for its machine");
    }
    return l;
}

const struct ig_resolution *ig_libraries_get(const struct ig_question *q, struct ig_target *program,
                                             struct ig_error *e)
{
    if (program->libraries == NULL) {
        program->libraries = resolve(q, program);
    }
    if (program->libraries->failed) {
        *e = program->libraries->error;
        return NULL;
    }
    return &program->libraries->resolution;
}

void ig_libraries_free(struct ig_libraries *libraries)
{
    if (libraries != NULL) {
        ig_resolution_free(&libraries->resolution);
        free(libraries);
    }
}

void ig_libraries_uses(const struct ig_libraries *libraries, struct ig_uses *uses)
{
    const struct ig_resolution *r = &libraries->resolution;
    ig_uses_add(uses, r->loader);
    ig_uses_add(uses, r->cache);
    for (size_t i = 0; i < r->count; i++) {
        if (r->objects[i].at != r->loader) {
            ig_uses_add(uses, r->objects[i].at);
        }
    }
}
