/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/libraries.h"
#include "checks/programs.h"
#include "checks/undefined.h"
#include "core/mem.h"
#include "elf/linkage.h"
#include "elf/linkages.h"
#include "elf/unbound.h"

enum mode { MODE_DEFAULT, MODE_VERSIONS, MODE_ALL };

struct symbols_params {
    int mode;
};

static const char *const modes[] = {"versions", "all", NULL};

static const struct ig_param params[] = {
    {.name = "mode",
     .type = IG_TYPE_ENUM,
     .values = modes,
     .offset = offsetof(struct symbols_params, mode),
     .short_form = true,
     .summary = "all: every undefined symbol counts (the default with musl); versions: none does; "
                "default with glibc: those that its loader looks up at start"},
    {0},
};

/* The library that object BY gets for the DT_NEEDED name FILE, or NULL. */
static const struct ig_object *library_for(const struct ig_resolution *r, size_t by,
                                           const char *file)
{
    for (size_t i = 0; i < r->need_count; i++) {
        const struct ig_need *need = &r->needs[i];
        if (need->by == by && need->found && strcmp(need->name, file) == 0) {
            return &r->objects[need->object];
        }
    }
    /* A version may also be needed of a library that only another one names. */
    for (size_t i = 0; i < r->count; i++) {
        const char *soname = r->objects[i].file->dynamic.soname;
        if (strcmp(r->objects[i].name, file) == 0 ||
            (soname != NULL && strcmp(soname, file) == 0)) {
            return &r->objects[i];
        }
    }
    return NULL;
}

/* match_symbol() in glibc's elf/dl-version.c: the files' own hashes come first. */
static bool defines(const struct ig_dynamic *d, const struct ig_version_need *need)
{
    for (size_t i = 0; i < d->version_count; i++) {
        if (d->versions[i].hash == need->hash && strcmp(d->versions[i].name, need->version) == 0) {
            return true;
        }
    }
    return false;
}

/* "GLIBC_" of "GLIBC_2.38": what two versions must share to be compared. */
static size_t family(const char *version)
{
    const char *underscore = strrchr(version, '_');
    return underscore != NULL ? (size_t)(underscore - version) + 1 : 0;
}

/* Is A newer than B, of the same family? By their numbers. */
static bool newer(const char *a, const char *b)
{
    return strverscmp(a, b) > 0;
}

static const char *newest_like(const struct ig_dynamic *d, const char *version)
{
    const char *newest = NULL;
    size_t n = family(version);
    for (size_t i = 0; n > 0 && i < d->version_count; i++) {
        const char *candidate = d->versions[i].name;
        bool numbered = candidate[0] != '\0' && strncmp(candidate, version, n) == 0 &&
                        candidate[n] >= '0' && candidate[n] <= '9';
        if (numbered && (newest == NULL || newer(candidate, newest))) {
            newest = candidate;
        }
    }
    return newest;
}

struct lack {
    const struct ig_object *by, *library;
    const char *version;
    size_t count;
};

/* The worst of what is not there: of one family the newest, since it sets the floor. */
static struct lack find_lack(const struct ig_resolution *r)
{
    struct lack lack = {0};
    for (size_t i = 0; i < r->count; i++) {
        const struct ig_dynamic *d = &r->objects[i].file->dynamic;
        const struct ig_object *library = NULL;
        for (size_t n = 0; n < d->version_need_count; n++) {
            const struct ig_version_need *need = &d->version_needs[n];
            /* All that one DT_VERNEED entry needs share its text. */
            if (n == 0 || need->file != d->version_needs[n - 1].file) {
                library = library_for(r, i, need->file);
            }
            /* A library without any version satisfies all: ld.so only warns, on request. */
            if (need->weak || library == NULL || !library->file->dynamic.has_verdef ||
                defines(&library->file->dynamic, need)) {
                continue;
            }
            lack.count++;
            if (lack.version == NULL || (library == lack.library &&
                                         newer(need->version, lack.version))) {
                lack.by = &r->objects[i];
                lack.library = library;
                lack.version = need->version;
            }
        }
    }
    return lack;
}

static void say_lack(const struct lack *lack, struct ig_result *r)
{
    const char *has = newest_like(&lack->library->file->dynamic, lack->version);
    const char *name = lack->library->name;
    if (has != NULL) {
        ig_result_set(r, IG_STATUS_FAIL, "%s needs %s, the image's %s provides up to %s.",
                      lack->by->path, lack->version, name, has);
        ig_result_observed(r, "%s", has);
    } else {
        ig_result_set(r, IG_STATUS_FAIL, "%s needs %s of %s, which the image's %s does not "
                                         "define.", lack->by->path, lack->version, name,
                      lack->library->path);
        ig_result_observed(r, "version `%s' not found", lack->version);
    }
    ig_result_expected(r, "%s", lack->version);
    ig_result_fix(r, "Build the program on the main container's base image or an older one, or use "
                     "a newer base image; a static program needs neither.");
}

/* Where binary.libraries is off or only warns, what is missing must not pass here unseen. */
static bool say_missing(const struct ig_question *q, const struct ig_resolution *resolution,
                        struct ig_result *r)
{
    for (size_t i = 0; i < resolution->need_count; i++) {
        const struct ig_need *need = &resolution->needs[i];
        if (!need->found && !need->ignored) {
            bool lone = q->subject->scanned == IG_SCANNED_LIBRARY;
            ig_result_set(r, lone ? IG_STATUS_SKIP : IG_STATUS_ERROR,
                          "Not all symbols can be looked up: the library %s that %s needs is not "
                          "there or cannot be read (see binary.libraries).", need->name,
                          resolution->objects[need->by].path);
            ig_result_fix(r, "Install the library, or make it readable to the gate.");
            return true;
        }
    }
    return false;
}

struct unbound {
    const struct ig_resolution *of;
    struct ig_undefined *out;
};

static void take_unbound(void *context, const struct ig_object *object, uint64_t symbol)
{
    const struct unbound *unbound = context;
    if (unbound->out->count++ == 0) {
        char *name = ig_object_symbol(unbound->of, object, symbol);
        unbound->out->name = name != NULL ? name : ig_strdup("(its name cannot be read)");
        unbound->out->by = ig_strdup(object->path);
    }
}

/* The symbols that a loader of glibc would look up at start. */
static int find_unbound(const struct ig_scene *scene, const struct ig_resolution *resolution,
                        struct ig_undefined *out, struct ig_error *e)
{
    const char *now = ig_scene_env(scene, "LD_BIND_NOW");
    struct unbound unbound = {resolution, out};
    return ig_unbound_each(resolution, now != NULL && now[0] != '\0', take_unbound, &unbound, e);
}

static void judge(const struct ig_question *q, const struct ig_resolution *resolution,
                  struct ig_result *r)
{
    const struct symbols_params *p = q->setting->params;
    if (say_missing(q, resolution, r)) {
        return;
    }
    struct lack lack = find_lack(resolution);
    struct ig_error e = {0};
    if (lack.count > 0 && resolution->kind != IG_LOADER_MUSL) {
        say_lack(&lack, r);
        return;
    }
    bool musl = resolution->kind == IG_LOADER_MUSL;
    bool all = p->mode == MODE_ALL || (p->mode == MODE_DEFAULT && musl);
    /* A lone library is never started, and what it lacks its program supplies: a plugin lacks much. */
    bool lone = q->subject->scanned == IG_SCANNED_LIBRARY;
    bool known = ig_linkage_knows(resolution->objects[0].file->image.e_machine);
    if (p->mode == MODE_VERSIONS || (!all && (lone || !known))) {
        ig_result_set(r, IG_STATUS_PASS, "Every symbol version that is needed is defined.");
        return;
    }
    struct ig_undefined undefined = {0};
    int status = all ? ig_undefined_find(q->scene->root, resolution, &undefined, &e)
                     : find_unbound(q->scene, resolution, &undefined, &e);
    if (status != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "The symbols cannot be read: %s.", e.text);
        ig_result_fix(r, "See what is wrong with that file.");
    } else if (undefined.name != NULL) {
        ig_result_set(r, IG_STATUS_FAIL, "The symbol %s that %s needs%s is defined by no library it "
                                         "loads%s.", undefined.name, undefined.by,
                      all ? "" : " at its start", undefined.count > 1 ? " (nor are others)" : "");
        ig_result_expected(r, "%s", undefined.name);
        ig_result_observed(r, "%zu undefined", undefined.count);
        ig_result_fix(r, "Build the program and its libraries for one C library and release.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "Every symbol that is needed%s is defined.",
                      all ? "" : " at start, and every version,");
    }
    free(undefined.name);
    free(undefined.by);
}

static void judge_program(const struct ig_question *q, struct ig_target *program, bool last,
                          struct ig_result *r)
{
    (void)last;
    struct ig_error e = {0};
    enum ig_libraries_state state = ig_libraries_state(q, program, &e);
    if (ig_libraries_settled(program, state, r)) {
        return;
    }
    const struct ig_resolution *resolution =
        state == IG_LIBRARIES_HERE ? ig_libraries_get(q, program, &e) : NULL;
    if (resolution == NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "The program's symbols cannot be told: %s.",
                      e.text[0] != '\0' ? e.text : "it cannot be read as ELF");
        ig_result_fix(r, "See binary.machine and binary.libraries.");
        ig_add_hidden(q->scene, e.number, r);
        return;
    }
    judge(q, resolution, r);
    /* What a lone library lacks its program may supply. */
    if (q->subject->scanned == IG_SCANNED_LIBRARY && r->status == IG_STATUS_FAIL) {
        r->status = IG_STATUS_WARN;
    }
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    struct ig_error e = {0};
    if (!ig_programs_judge(q, judge_program, r, &e)) {
        ig_result_set(r, IG_STATUS_ERROR, "The program's symbols cannot be told: %s.",
                      e.text[0] != '\0' ? e.text : "it cannot be read as ELF");
        ig_result_fix(r, "See binary.machine.");
        ig_add_hidden(q->scene, e.number, r);
    }
}

static const char *const needs[] = {"binary.file", "binary.machine", "binary.interpreter",
                                    "binary.libraries", NULL};

const struct ig_check ig_check_binary_symbols = {
    .spec = {.id = "binary.symbols",
             .key = "symbols",
             .kind = IG_KIND_BINARY,
             .scanned = true,
             .summary = "every symbol version (GLIBC_2.38, ...) and every symbol that is needed at "
                        "start is defined by the libraries found",
             .params = params,
             .params_size = sizeof(struct symbols_params)},
    .means = "Each version in DT_VERNEED of the program and its libraries, weak ones excepted, is "
             "among the DT_VERDEF of the library that the loader would take; a library without "
             "versions satisfies all, as it does ld.so. Each undefined symbol that is not weak and that "
             "glibc's loader looks up at start must be defined, in that version, by some object of "
             "the process: all of an object linked with -z now, or of every object where the "
             "policy's env sets LD_BIND_NOW; else variables, and functions whose address is taken, "
             "but not those that are looked up when they are called. With musl, and where the "
             "policy says \"symbols\": \"all\", those as well. A lone library that --scan finds is "
             "held to its versions alone: what it lacks the program that loads it may bring.",
    .matters = "A program built on a newer distribution than its image stops at its start with "
               "\"version `GLIBC_2.38' not found\"; one whose library lost a function stops with "
               "\"symbol lookup error: undefined symbol\", with musl \"Error relocating\".",
    .mend = "Build on the image's own base or an older one, or take a newer base image.",
    .needs = needs,
    .run = run,
};
