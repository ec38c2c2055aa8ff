/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/libraries.h"
#include "checks/programs.h"
#include "checks/words.h"
#include "core/buf.h"
#include "core/mem.h"

struct libraries_params {
    struct ig_strings trusted_dirs;
};

static const struct ig_param params[] = {
    {.name = "trustedDirs",
     .type = IG_TYPE_PATHS,
     .offset = offsetof(struct libraries_params, trusted_dirs),
     .summary = "where each library must lie once all symlinks are followed; default anywhere"},
    {0},
};

/* More than any healthy search path has; a hostile file has thousands. */
enum { PLACES_SHOWN = 32 };

/* The variants of a folder for newer CPUs (glibc-hwcaps; before glibc 2.37 also tls, haswell, ...)
 * say nothing that the folder itself does not. */
static bool is_variant(const struct ig_try *t)
{
    static const char *const marks[] = {"/glibc-hwcaps/", "/tls/", "/haswell/", "/avx512_1/",
                                        "/x86_64/"};
    for (size_t i = 0; i < IG_COUNT(marks); i++) {
        if (strstr(t->path, marks[i]) != NULL) {
            return strcmp(t->why, "ENOENT") == 0;
        }
    }
    return false;
}

static void add_places(const struct ig_need *need, struct ig_buf *out)
{
    size_t shown = 0;
    bool variants = false;
    for (size_t i = 0; i < need->try_count && shown < PLACES_SHOWN; i++) {
        const struct ig_try *t = &need->tries[i];
        if (t->why != NULL && is_variant(t)) {
            variants = true;
            continue;
        }
        ig_buf_addf(out, "%s%s", shown++ == 0 ? "" : ", ", t->path);
        if (t->why != NULL && strcmp(t->why, "ENOENT") != 0) {
            ig_buf_addf(out, " (%s)", t->why);
        }
    }
    if (shown == PLACES_SHOWN) {
        ig_buf_adds(out, ", ...");
    }
    ig_buf_adds(out, variants ? " (and their variants for newer CPUs)"
                     : shown == 0 ? "no directory at all"
                                  : "");
}

static size_t other_missing(const struct ig_resolution *r, const struct ig_need *first)
{
    size_t n = 0;
    for (size_t i = 0; i < r->need_count; i++) {
        n += !r->needs[i].found && !r->needs[i].ignored && &r->needs[i] != first;
    }
    return n;
}

static const struct ig_need *first_missing(const struct ig_resolution *r)
{
    for (size_t i = 0; i < r->need_count; i++) {
        if (!r->needs[i].found && !r->needs[i].ignored) {
            return &r->needs[i];
        }
    }
    return NULL;
}

/* The loader's own words where they are certain: it names the errno of a place that it gave up at,
 * and a library of the other class, in ways that differ from release to release. */
static void observe_missing(const struct ig_resolution *r, const struct ig_need *need,
                            struct ig_result *out)
{
    const char *last = NULL;
    bool plain = true;
    for (size_t i = 0; i < need->try_count; i++) {
        last = need->tries[i].why != NULL ? need->tries[i].why : "ENOENT";
        plain = plain && (strcmp(last, "ENOENT") == 0 || strcmp(last, "EACCES") == 0);
    }
    /* musl tells the errno of its path file where that leaves it no place to look at. */
    if (!plain || (last == NULL && r->kind == IG_LOADER_MUSL) ||
        (last != NULL && strcmp(last, "EACCES") == 0)) {
        ig_result_observed(out, "%s: not found", need->name);
    } else if (r->kind == IG_LOADER_MUSL) {
        ig_result_observed(out, "Error loading shared library %s: No such file or directory "
                                "(needed by %s)", need->name, r->objects[need->by].path);
    } else {
        ig_result_observed(out, "error while loading shared libraries: %s: cannot open shared "
                                "object file: No such file or directory", need->name);
    }
}

static void say_missing(const struct ig_scene *scene, const struct ig_resolution *r,
                        const struct ig_need *need, struct ig_result *out)
{
    IG_AUTO_BUF struct ig_buf places = {0};
    IG_AUTO_BUF struct ig_buf more = {0};
    const char *by = r->objects[need->by].path;
    size_t others = other_missing(r, need);
    if (others > 0) {
        ig_buf_addf(&more, " %zu more %s missing.", others,
                    others == 1 ? "library is" : "libraries are");
    }
    if (need->unread) {
        ig_result_set(out, IG_STATUS_ERROR, "The library %s that %s needs cannot be read by the "
                                            "gate: %s.", need->name, by, need->fault);
        ig_result_fix(out, "Run the gate as a user that may read it, for instance the main "
                           "container's.");
        ig_add_hidden(scene, need->unread_errno, out);
        return;
    }
    if (need->fault != NULL) {
        ig_result_set(out, IG_STATUS_FAIL, "The library %s that %s needs cannot be loaded: %s.%s",
                      need->name, by, need->fault, ig_buf_text(&more));
        ig_result_observed(out, "%s", need->fault);
        ig_result_fix(out, "Replace the file by the library of the program's machine, whole.");
        return;
    }
    add_places(need, &places);
    if (r->secure) {
        ig_buf_adds(&more, " It would run with more rights than its user's (set-id bits or file "
                           "capabilities), so its loader ignores LD_LIBRARY_PATH, LD_PRELOAD and "
                           "$ORIGIN outside the system's directories.");
    }
    if (r->refused != NULL) {
        ig_buf_addf(&more, " %s.", r->refused);
    }
    ig_result_set(out, IG_STATUS_FAIL, "The library %s that %s needs is not found; tried: %s.%s",
                  need->name, by, ig_buf_text(&places), ig_buf_text(&more));
    ig_result_expected(out, "%s", need->name);
    observe_missing(r, need, out);
    ig_result_fix(out, r->refused != NULL
                           ? "Let all users read the loader's file and search the folders above it "
                             "(chmod 0644, 0755)."
                       : r->secure
                           ? "Put the library into a directory of the loader's own or of "
                             "ld.so.cache, name its folder with an absolute RUNPATH, or take the "
                             "set-id bits and capabilities away."
                           : "Install the package that has it in the image, or copy it there and "
                             "run ldconfig; where it lies in another folder, name that with "
                             "LD_LIBRARY_PATH (in the pod, and in the policy's env) or a RUNPATH.");
}

static bool in_trusted_dir(const struct ig_strings *dirs, const char *path)
{
    for (size_t i = 0; i < dirs->count; i++) {
        if (ig_path_below(path, dirs->list[i])) {
            return true;
        }
    }
    return !dirs->set;
}

static void merge(struct ig_trust *worst, struct ig_trust trust)
{
    if (trust.status < worst->status) {
        ig_trust_free(worst);
        *worst = trust;
    } else {
        ig_trust_free(&trust);
    }
}

/* The libraries themselves, and every directory that the search passed on its way to them: a file
 * put into one of those would be loaded instead. */
static struct ig_trust judge_trust(const struct ig_scene *scene, const struct ig_resolution *r)
{
    struct ig_trust worst = {.status = IG_STATUS_PASS};
    for (size_t i = 1; i < r->count; i++) {
        if (r->objects[i].rule != IG_RULE_LOADER) {
            merge(&worst, ig_trust_judge(scene, &r->objects[i].at->walk, IG_TRUST_LOADER));
        }
    }
    for (size_t i = 0; i < r->dir_count; i++) {
        if (r->dirs[i].walk.count > 0) {
            merge(&worst, ig_trust_judge(scene, &r->dirs[i].walk, IG_TRUST_LOADER));
        }
    }
    return worst;
}

static const struct ig_object *outside(const struct libraries_params *p,
                                       const struct ig_resolution *r)
{
    for (size_t i = 1; i < r->count; i++) {
        if (r->objects[i].rule != IG_RULE_LOADER &&
            !in_trusted_dir(&p->trusted_dirs, r->objects[i].at->walk.path)) {
            return &r->objects[i];
        }
    }
    return NULL;
}

static const struct ig_object *noexec(const struct ig_resolution *r)
{
    for (size_t i = 1; i < r->count; i++) {
        if (r->objects[i].noexec) {
            return &r->objects[i];
        }
    }
    return NULL;
}

/* True where it said something. */
static bool say_placement(const struct libraries_params *p, const struct ig_resolution *r,
                          struct ig_result *out)
{
    const struct ig_object *o = noexec(r);
    if (o != NULL) {
        ig_result_set(out, IG_STATUS_FAIL, "The library %s that %s needs lies on a noexec mount: "
                                           "the loader cannot map it.", o->path,
                      r->objects[o->needed_by].path);
        ig_result_observed(out, "%s: %s", o->path,
                           r->kind == IG_LOADER_MUSL ? "Operation not permitted"
                                                     : "failed to map segment from shared object");
        ig_result_fix(out, "Put it on a mount without noexec.");
        return true;
    }
    o = outside(p, r);
    if (o != NULL) {
        ig_result_set(out, IG_STATUS_FAIL, "The library %s (needed by %s, found by %s) lies outside "
                                           "the trusted directories.", o->at->walk.path,
                      r->objects[o->needed_by].path, ig_rule_name(o->rule));
        ig_result_expected(out, "below one of trustedDirs");
        ig_result_observed(out, "%s", o->at->walk.path);
        ig_result_fix(out, "Find out why it is taken from there (`initgate inspect --trace`), or "
                           "list its directory in libraries.trustedDirs.");
        return true;
    }
    return false;
}

/* What the loader passes over in silence or would look up in the working directory. */
static bool say_oddities(const struct ig_resolution *r, struct ig_result *out)
{
    for (size_t i = 0; i < r->dir_count; i++) {
        if (r->dirs[i].relative) {
            ig_result_set(out, IG_STATUS_WARN,
                          "The %s of %s has the relative directory \"%s\": libraries are looked "
                          "up in whatever working directory the program is started.",
                          ig_rule_name(r->dirs[i].rule), r->objects[r->dirs[i].rule_of].path,
                          r->dirs[i].path);
            ig_result_fix(out, "Use absolute directories or $ORIGIN.");
            return true;
        }
    }
    for (size_t i = 0; i < r->need_count; i++) {
        if (r->needs[i].ignored && !r->needs[i].optional) {
            ig_result_set(out, IG_STATUS_WARN, "The preloaded library %s cannot be loaded: the "
                                               "loader passes over it and says so.",
                          r->needs[i].name);
            ig_result_fix(out, "Correct LD_PRELOAD or /etc/ld.so.preload.");
            return true;
        }
    }
    if (r->refused != NULL) {
        ig_result_set(out, IG_STATUS_WARN, "All libraries are found, but %s.", r->refused);
        ig_result_fix(out, "Let all users read it, and search the folders above it.");
        return true;
    }
    return false;
}

/* What a library lacks the program that loads it may bring: its RPATH, or the library itself. */
static void spare_lone_library(const struct ig_question *q, struct ig_result *out)
{
    if (q->subject->scanned == IG_SCANNED_LIBRARY && out->status == IG_STATUS_FAIL) {
        out->status = IG_STATUS_WARN;
    }
}

static void judge(const struct ig_question *q, const struct ig_resolution *r,
                  struct ig_result *out)
{
    const struct libraries_params *p = q->setting->params;
    const struct ig_need *missing = first_missing(r);
    size_t libraries = r->count - 1;
    if (r->limit != NULL) {
        ig_result_set(out, IG_STATUS_ERROR, "Not all libraries were looked up: %s.", r->limit);
        ig_result_fix(out, "Let the gate read what the loader reads; where a limit was reached, see "
                           "where the program comes from: no real one needs so many.");
        ig_add_hidden(q->scene, r->limit_errno, out);
        return;
    }
    if (missing != NULL) {
        say_missing(q->scene, r, missing, out);
        spare_lone_library(q, out);
        return;
    }
    if (say_placement(p, r, out)) {
        return;
    }
    struct ig_trust trust = judge_trust(q->scene, r);
    ig_result_observed(out, "%zu libraries", libraries);
    if (trust.status == IG_STATUS_FAIL || trust.status == IG_STATUS_ERROR ||
        !say_oddities(r, out)) {
        if (!ig_say_trust(&trust, out)) {
            ig_result_set(out, IG_STATUS_PASS, "All %zu libraries are found where the loader "
                                               "would look, and only trusted users could replace "
                                               "them.", libraries);
        } else {
            IG_AUTO_FREE char *said = IG_STEAL(out->message);
            ig_result_set(out, out->status, "The libraries: %s", said);
        }
    }
    ig_trust_free(&trust);
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
        ig_result_set(r, IG_STATUS_ERROR, "The program's libraries cannot be told: %s.",
                      e.text[0] != '\0' ? e.text : "it cannot be read as ELF");
        ig_result_fix(r, "See binary.machine.");
        ig_add_hidden(q->scene, e.number, r);
        return;
    }
    if (resolution->objects[0].file->fit == IG_FIT_BAD) {
        ig_result_set(r, IG_STATUS_FAIL, "The loader cannot read the program: %s.",
                      resolution->objects[0].file->text);
        ig_result_fix(r, "Build or copy it again.");
        return;
    }
    judge(q, resolution, r);
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    struct ig_error e = {0};
    if (!ig_programs_judge(q, judge_program, r, &e)) {
        ig_result_set(r, IG_STATUS_ERROR, "The program's libraries cannot be told: %s.",
                      e.text[0] != '\0' ? e.text : "it cannot be read as ELF");
        ig_result_fix(r, "See binary.machine.");
        ig_add_hidden(q->scene, e.number, r);
    }
}

static const char *const needs[] = {"binary.file", "binary.machine", "binary.interpreter", NULL};

const struct ig_check ig_check_binary_libraries = {
    .spec = {.id = "binary.libraries",
             .key = "libraries",
             .kind = IG_KIND_BINARY,
             .scanned = true,
             .summary = "every library is found as the loader (glibc's or musl's) would find it, "
                        "and could be replaced by nobody else",
             .params = params,
             .params_size = sizeof(struct libraries_params)},
    .means = "Each DT_NEEDED name, transitively, is looked up as ld.so does: RPATH of the chain, "
             "LD_LIBRARY_PATH where the policy's env sets it, RUNPATH, ld.so.cache, the loader's "
             "own directories, glibc-hwcaps, $ORIGIN, preloads; musl by its own rules. Files of "
             "another class or machine are passed over, as are those that the program's user may "
             "not read, ld.so.cache, ld.so.preload and musl's path file among them. Each library and each directory on the way, also one of a RUNPATH where "
             "nothing lies yet, obeys the ownership rules of the loader.",
    .matters = "A program whose image lacks a library dies before its first instruction with "
               "\"error while loading shared libraries\". A folder of the search path that others "
               "may write lets them load what they like.",
    .mend = "Install the package that has the library; run ldconfig in the image; set "
            "LD_LIBRARY_PATH in the pod and in the policy's env; take write permission away. "
            "`initgate inspect --trace PROGRAM` shows every place tried.",
    .needs = needs,
    .run = run,
};
