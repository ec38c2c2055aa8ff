/* SPDX-License-Identifier: Apache-2.0 */
/* What a Go program says of its own build, against what the policy asks. */
#include <string.h>

#include "checks/check.h"
#include "core/buf.h"
#include "core/mem.h"
#include "elf/gobuild.h"

struct go_params {
    char *version, *min_version;
    char *module, *module_version;
    char *vcs_revision;
    enum ig_tri vcs_modified, cgo, is_static;
    char *build_mode;
};

static const struct ig_param params[] = {
    {.name = "version",
     .type = IG_TYPE_STRING,
     .offset = offsetof(struct go_params, version),
     .summary = "the Go release that built it, such as \"1.25.3\""},
    {.name = "minVersion",
     .type = IG_TYPE_STRING,
     .offset = offsetof(struct go_params, min_version),
     .summary = "the oldest Go release that may have built it, in Go's order: 1.25 < 1.25rc1 < "
                "1.25.0"},
    {.name = "module",
     .type = IG_TYPE_STRING,
     .offset = offsetof(struct go_params, module),
     .summary = "path of the main module"},
    {.name = "moduleVersion",
     .type = IG_TYPE_STRING,
     .offset = offsetof(struct go_params, module_version),
     .summary = "version of the main module, such as \"v1.2.3\" or \"(devel)\""},
    {.name = "vcsRevision",
     .type = IG_TYPE_STRING,
     .offset = offsetof(struct go_params, vcs_revision),
     .summary = "the commit it was built from, in full"},
    {.name = "vcsModified",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct go_params, vcs_modified),
     .summary = "whether the checkout it was built from had changes that were not committed"},
    {.name = "cgo",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct go_params, cgo),
     .summary = "whether it was built with CGO_ENABLED=1"},
    {.name = "static",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct go_params, is_static),
     .summary = "whether it needs no loader"},
    {.name = "buildMode",
     .type = IG_TYPE_STRING,
     .offset = offsetof(struct go_params, build_mode),
     .summary = "its -buildmode, such as \"exe\" or \"pie\""},
    {0},
};

static int validate_version(const char *name, const char *version, struct ig_error *e)
{
    if (version == NULL || ig_go_version_valid(version)) {
        return 0;
    }
    return ig_error_set(e, 0, "\"%s\" is no Go version: give one such as 1.25, 1.25rc1 or 1.25.3",
                        name);
}

static int validate(const void *given, struct ig_error *e)
{
    const struct go_params *p = given;
    return validate_version("version", p->version, e) != 0 ||
                   validate_version("minVersion", p->min_version, e) != 0
               ? -1
               : 0;
}

static bool asks(const struct go_params *p)
{
    return p->version != NULL || p->min_version != NULL || p->module != NULL ||
           p->module_version != NULL || p->vcs_revision != NULL || p->build_mode != NULL ||
           p->vcs_modified != IG_UNSET || p->cgo != IG_UNSET || p->is_static != IG_UNSET;
}

/* What differs, gathered: a policy that asks five things gets five answers at once. */
struct verdict {
    struct ig_buf faults, expected;
};

static void add(struct ig_buf *list, const char *name, const char *value)
{
    ig_buf_addf(list, "%s%s %s", list->length != 0 ? ", " : "", name, value);
}

static void differ(struct verdict *v, const char *name, const char *expected, const char *is)
{
    ig_buf_addf(&v->faults, "%sits %s is %s, expected %s", v->faults.length != 0 ? "; " : "", name,
                is != NULL ? is : "not recorded", expected);
}

static void compare(struct verdict *v, const char *name, const char *expected, const char *is)
{
    if (expected == NULL) {
        return;
    }
    add(&v->expected, name, expected);
    if (is == NULL || strcmp(is, expected) != 0) {
        differ(v, name, expected, is);
    }
}

static void compare_bool(struct verdict *v, const char *name, enum ig_tri expected,
                         const char *const words[2], const char *is)
{
    if (expected != IG_UNSET) {
        compare(v, name, words[expected == IG_TRUE], is);
    }
}

static void compare_versions(struct verdict *v, const struct go_params *p, const char *is)
{
    if (p->version != NULL) {
        add(&v->expected, "Go", p->version);
        if (!ig_go_version_valid(is) || ig_go_version_compare(is, p->version) != 0) {
            differ(v, "Go version", p->version, is);
        }
    }
    if (p->min_version != NULL) {
        IG_AUTO_FREE char *least = ig_format("%s or later", p->min_version);
        add(&v->expected, "Go", least);
        if (ig_go_version_compare(is, p->min_version) < 0) {
            differ(v, "Go version", least, is);
        }
    }
}

static void compare_all(struct verdict *v, const struct go_params *p, const struct ig_image *image,
                        const struct ig_go_info *info)
{
    static const char *const truth[] = {"false", "true"};
    static const char *const digit[] = {"0", "1"};
    static const char *const linkage[] = {"dynamic", "static"};
    compare_versions(v, p, info->version);
    compare(v, "module", p->module, info->has_main ? info->main.path : NULL);
    compare(v, "module version", p->module_version, info->has_main ? info->main.version : NULL);
    compare(v, "vcs.revision", p->vcs_revision, ig_go_setting(info, "vcs.revision"));
    compare_bool(v, "vcs.modified", p->vcs_modified, truth, ig_go_setting(info, "vcs.modified"));
    compare_bool(v, "CGO_ENABLED", p->cgo, digit, ig_go_setting(info, "CGO_ENABLED"));
    compare_bool(v, "linkage", p->is_static, linkage,
                 linkage[image->interp_state == IG_INTERP_NONE]);
    compare(v, "-buildmode", p->build_mode, ig_go_setting(info, "-buildmode"));
}

static void observe(const struct ig_go_info *info, const struct ig_image *image,
                    struct ig_result *r)
{
    static const char *const keys[] = {"vcs.revision", "vcs.modified", "CGO_ENABLED",
                                       "-buildmode"};
    struct ig_buf text IG_AUTO_BUF = {0};
    ig_buf_adds(&text, info->version);
    if (info->has_main) {
        ig_buf_addf(&text, ", module %s %s", info->main.path, info->main.version);
    }
    for (size_t i = 0; i < IG_COUNT(keys); i++) {
        const char *value = ig_go_setting(info, keys[i]);
        if (value != NULL) {
            ig_buf_addf(&text, ", %s %s", keys[i], value);
        }
    }
    ig_buf_addf(&text, ", %s", image->interp_state == IG_INTERP_NONE ? "static" : "dynamic");
    ig_result_observed(r, "%s", ig_buf_text(&text));
}

static void judge(const struct go_params *p, const struct ig_image *image,
                  const struct ig_go_info *info, struct ig_result *r)
{
    struct verdict v = {.faults.data = NULL};
    compare_all(&v, p, image, info);
    observe(info, image, r);
    if (v.expected.length != 0) {
        ig_result_expected(r, "%s", ig_buf_text(&v.expected));
    }
    if (v.faults.length != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "The Go program is not the one that was asked for: %s.",
                      ig_buf_text(&v.faults));
        ig_result_fix(r, "Deliver the program that was built as the policy says; what is not "
                         "recorded needs a build in module mode, from a checkout, and without "
                         "-buildvcs=false. If the change is known and meant, correct the policy.");
    } else if (asks(p)) {
        ig_result_set(r, IG_STATUS_PASS, "Its Go build info is as asked.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "Its Go build info can be read; nothing was asked of it.");
    }
    ig_buf_free(&v.faults);
    ig_buf_free(&v.expected);
}

/* Without a question it is no fault to be no Go program; with one nothing else would answer it. */
static void say_none(const struct go_params *p, const char *why, struct ig_result *r)
{
    if (!asks(p)) {
        ig_result_set(r, IG_STATUS_SKIP, "Nothing was asked of its Go build info: %s.", why);
        return;
    }
    ig_result_set(r, IG_STATUS_FAIL, "What the policy asks of its Go build info cannot hold: %s.",
                  why);
    ig_result_expected(r, "Go build info");
    ig_result_observed(r, "none that can be read");
    ig_result_fix(r, "Deliver the Go program itself: no script in its place, not packed (UPX), and "
                     "with its build info left in; or remove \"go\" from the policy.");
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    const struct go_params *p = q->setting->params;
    struct ig_target *target = q->target;
    struct ig_error e = {0};
    struct ig_go_info info;
    const struct ig_image *image = ig_target_image(target, &e);
    const struct ig_meta *meta = ig_target_meta(target);
    if (image != NULL && meta != NULL) {
        struct ig_bytes bytes = ig_bytes_of_fd(target->fd, meta->size);
        enum ig_go_search search = asks(p) ? IG_GO_ALL_DATA : IG_GO_SECTION;
        image = ig_go_info_parse(&bytes, image, search, &info, &e) == 0 ? image : NULL;
    }
    if (image == NULL || meta == NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "Its Go build info cannot be read: %s.", e.text);
        ig_result_fix(r, "Let the gate's user read the program.");
        return;
    }
    if (info.state == IG_GO_FOUND) {
        judge(p, image, &info, r);
    } else if (info.state == IG_GO_MALFORMED) {
        IG_AUTO_FREE char *why = ig_format("it is malformed (%s)", info.fault);
        say_none(p, why, r);
    } else {
        say_none(p, "it has none, so it is no Go program, or it was taken out or packed", r);
    }
    ig_go_info_free(&info);
}

static const char *const needs[] = {"binary.file", NULL};

const struct ig_check ig_check_binary_go = {
    .spec = {.id = "binary.go",
             .key = "go",
             .kind = IG_KIND_BINARY,
             .summary = "the Go build info in it is as asked: Go release, module, commit, cgo, "
                        "build mode; static or dynamic as asked",
             .params = params,
             .params_size = sizeof(struct go_params),
             .validate = validate},
    .means = "The build info that Go's linker leaves in each program, stripped ones too (what `go "
             "version -m` prints), says what the policy asks: version and minVersion compare as "
             "Go does (1.25 < 1.25rc1 < 1.25.0; a release's own suffix does not count); module, "
             "moduleVersion, vcsRevision and buildMode are compared as text; vcsModified, cgo and "
             "static are true or false. What is asked but not recorded fails. Where nothing is "
             "asked, the check shows what it found, and is skipped for other programs.",
    .matters = "A digest says that a file is the one that was built, not from what. The build info "
               "tells a program of a dirty checkout, of the wrong commit, of a Go release with "
               "known holes, or one that was built with cgo and needs a C library that the image "
               "does not have. The program says it of itself: it finds mistakes, no forgeries.",
    .mend = "Build it in module mode from a clean checkout (go build writes commit and state by "
            "itself where git is there), with the Go release and CGO_ENABLED that were meant.",
    .needs = needs,
    .run = run,
};
