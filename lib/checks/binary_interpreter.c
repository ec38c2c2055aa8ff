/* SPDX-License-Identifier: Apache-2.0 */
/* PT_INTERP as fs/binfmt_elf.c load_elf_binary() treats it, and who could replace the loader. */
#include <errno.h>
#include <string.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/interpreter.h"
#include "checks/programs.h"
#include "checks/script.h"
#include "checks/words.h"
#include "core/buf.h"
#include "core/mem.h"
#include "elf/resolve.h"

struct interpreter_params {
    char *path;
    struct ig_strings trusted_dirs;
    enum ig_tri visible;
};

static const struct ig_param params[] = {
    {.name = "path",
     .type = IG_TYPE_PATH,
     .offset = offsetof(struct interpreter_params, path),
     .short_form = true,
     .summary = "what PT_INTERP must be"},
    {.name = "trustedDirs",
     .type = IG_TYPE_PATHS,
     .offset = offsetof(struct interpreter_params, trusted_dirs),
     .summary = "where the loader must lie once all symlinks are followed"},
    {.name = "visible",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct interpreter_params, visible),
     .summary = "false: the loader lies in the main container's image, which the gate does not "
                "see; PT_INTERP must equal path and nothing is looked up"},
    {0},
};

/* The multilib ones are where Debian's libc6-i386 and libc6-x32 put their loaders. */
static const char *const default_dirs[] = {
    "/lib",       "/lib64",       "/lib32",     "/libx32",    "/usr/lib", "/usr/lib64",
    "/usr/lib32", "/usr/libx32",  "/nix/store", "/gnu/store", NULL,
};

static int validate(const void *given, struct ig_error *e)
{
    const struct interpreter_params *p = given;
    if (p->visible == IG_FALSE && p->path == NULL) {
        return ig_error_set(e, 0, "\"visible\": false needs \"path\", what PT_INTERP must be");
    }
    return 0;
}

bool ig_interpreter_elsewhere(const struct ig_subject *subject)
{
    const struct ig_setting *setting = ig_subject_setting(subject, "binary.interpreter");
    const struct interpreter_params *p = setting != NULL ? setting->params : NULL;
    return p != NULL && p->visible == IG_FALSE;
}

static bool in_trusted_dir(const struct interpreter_params *p, const char *path)
{
    if (p->trusted_dirs.set) {
        for (size_t i = 0; i < p->trusted_dirs.count; i++) {
            if (ig_path_below(path, p->trusted_dirs.list[i])) {
                return true;
            }
        }
        return false;
    }
    for (size_t i = 0; default_dirs[i] != NULL; i++) {
        if (ig_path_below(path, default_dirs[i])) {
            return true;
        }
    }
    return false;
}

static void say_static(const struct interpreter_params *p, struct ig_result *r)
{
    ig_result_observed(r, "no PT_INTERP");
    if (p->path == NULL) {
        ig_result_set(r, IG_STATUS_PASS, "None needed: the program is static.");
        return;
    }
    ig_result_set(r, IG_STATUS_FAIL, "The program is static (it has no PT_INTERP), but the policy "
                                     "names the loader %s.", p->path);
    ig_result_expected(r, "%s", p->path);
    ig_result_fix(r, "Deliver the dynamic program that the policy describes, or remove "
                     "\"interpreter\" from the policy.");
}

/* True where PT_INTERP itself is at fault. */
static bool segment_fault(const struct ig_image *image, struct ig_result *r)
{
    static const struct {
        enum ig_interp_state state;
        const char *why;
    } faults[] = {
        {IG_INTERP_SIZE, "must have 2 to 4096 bytes"},
        {IG_INTERP_UNTERMINATED, "does not end in a NUL byte"},
        {IG_INTERP_OUTSIDE, "lies past the end of the file"},
    };
    for (size_t i = 0; i < IG_COUNT(faults); i++) {
        if (image->interp_state == faults[i].state) {
            ig_result_set(r, IG_STATUS_FAIL, "Its PT_INTERP (%llu bytes) %s: execve gives %s.",
                          (unsigned long long)image->interp_size, faults[i].why,
                          ig_errno_name(image->refusal));
            ig_result_observed(r, "%s", ig_errno_name(image->refusal));
            ig_result_fix(r, "Build or copy the program again; set the loader with patchelf "
                             "--set-interpreter rather than with an editor.");
            return true;
        }
    }
    return false;
}

static bool string_fault(const struct interpreter_params *p, const char *interp,
                         struct ig_result *r)
{
    IG_AUTO_BUF struct ig_buf shown = {0};
    ig_buf_addf(&shown, "\"%s\"", interp);
    ig_result_observed(r, "%s", interp[0] != '\0' ? interp : "\"\"");
    if (interp[0] == '\0') {
        ig_result_set(r, IG_STATUS_FAIL, "Its PT_INTERP is empty: execve gives EACCES (the kernel takes the working directory for it).");
        ig_result_fix(r, "Build the program again, or set its loader with patchelf.");
        return true;
    }
    if (interp[0] != '/') {
        ig_result_set(r, IG_STATUS_FAIL, "Its PT_INTERP %s is relative: the kernel looks it up in "
                                         "whatever working directory the program is started.",
                      ig_buf_text(&shown));
        ig_result_expected(r, "an absolute path");
        ig_result_fix(r, "Link it with an absolute loader path (patchelf --set-interpreter).");
        return true;
    }
    if (p->path != NULL && strcmp(p->path, interp) != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "Its PT_INTERP is %s, expected %s.", interp, p->path);
        ig_result_expected(r, "%s", p->path);
        ig_result_fix(r, "Deliver a program built for the main container's image (musl and glibc "
                         "images have different loaders), or correct the policy.");
        return true;
    }
    return false;
}

static void say_missing_at(const struct ig_question *q, const char *interp,
                           const struct ig_walk *walk, struct ig_result *r)
{
    char words[160];
    if (walk->error == 0) {
        ig_result_set(r, IG_STATUS_ERROR, "The loader %s appeared while it was being looked for.",
                      interp);
        ig_result_fix(r, "Let nobody write to it while the pod starts.");
        return;
    }
    if (walk->error != ENOENT && walk->error != ENOTDIR && walk->error != ELOOP &&
        walk->error != ENAMETOOLONG) {
        IG_AUTO_FREE char *what = ig_format("The loader %s", interp);
        ig_say_not_found(q, what, walk, r);
        return;
    }
    ig_errno_text(walk->error, words, sizeof words);
    ig_result_set(r, IG_STATUS_FAIL, "The loader %s that it needs cannot be found (%s at %s): "
                                     "execve gives %s.", interp, words, walk->path,
                  ig_errno_name(walk->error));
    ig_result_expected(r, "%s", interp);
    ig_result_observed(r, "%s", ig_errno_name(walk->error));
    ig_result_fix(r, "Use an image that has this loader (musl and glibc differ), or link the "
                     "program statically. If it lies in the main container's image, which this "
                     "gate does not see, say \"interpreter\": {\"path\": \"%s\", \"visible\": "
                     "false}, or use the same-image or image-volume pattern.", interp);
}

static void say_missing(const struct ig_question *q, const char *interp, struct ig_result *r)
{
    struct ig_walk walk;
    ig_fsroot_walk(q->scene->root, interp, 0, &walk);
    say_missing_at(q, interp, &walk, r);
    ig_walk_free(&walk);
}

/* What execve would answer for the loader's file itself; true where it refuses. */
static bool loader_refused(const struct ig_question *q, const struct ig_image *program,
                           const struct ig_located *loader, const char *what, struct ig_result *r)
{
    const struct ig_meta *meta = &ig_walk_final(&loader->walk)->meta;
    char text[512];
    if (!ig_meta_is(meta, S_IFREG)) {
        ig_result_set(r, IG_STATUS_FAIL, "%s is a %s: execve gives EACCES.", what,
                      ig_meta_type(meta));
        ig_result_observed(r, "EACCES");
        ig_result_fix(r, "Put the loader itself there.");
        return true;
    }
    if (q->scene->run_as_known && !ig_say_access(q, what, &loader->walk, 1, r)) {
        return true;
    }
    if (!q->scene->run_as_known && (meta->mode & 0111) == 0) {
        ig_result_set(r, IG_STATUS_FAIL, "%s has mode %04o, nobody may execute it: execve gives "
                                         "EACCES.", what, meta->mode & 07777U);
        ig_result_observed(r, "EACCES");
        ig_result_fix(r, "chmod 0755 it in the image.");
        return true;
    }
    if (loader->mount_fault != NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "The mount of %s cannot be looked at: %s.",
                      loader->walk.path, loader->mount_fault);
        ig_result_fix(r, "See what keeps the gate from looking at it.");
        return true;
    }
    if (ig_say_noexec_flag(what, loader->mount_flags, r)) {
        return true;
    }
    if (meta->size == 0) {
        ig_result_set(r, IG_STATUS_FAIL, "%s is empty: execve gives EIO.", what);
        ig_result_observed(r, "EIO");
        ig_result_fix(r, "Pull or build the image again.");
        return true;
    }
    if (loader->file->fit == IG_FIT_UNREAD) {
        ig_result_set(r, IG_STATUS_ERROR, "%s cannot be read: %s.", what, loader->file->text);
        ig_result_fix(r, "Let the gate's user read it.");
        return true;
    }
    int number = ig_image_loader_fault(&loader->file->image, program, text, sizeof text);
    if (number == IG_LOADER_CRASHES) {
        ig_result_set(r, IG_STATUS_FAIL, "%s is damaged, the program would be killed at its start: "
                                         "%s.", what, text);
        ig_result_observed(r, "killed by a signal");
        ig_result_fix(r, "Pull or build the image again.");
        return true;
    }
    if (number != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "%s is refused: execve gives %s, since %s.", what,
                      ig_errno_name(number), text);
        ig_result_observed(r, "%s", ig_errno_name(number));
        ig_result_fix(r, "Put the loader of the program's own machine and C library there.");
        return true;
    }
    return ig_say_memory(q, what, &loader->file->image, r);
}

static void judge_loader(const struct ig_question *q, const struct ig_image *program,
                         const struct ig_located *loader, struct ig_result *r)
{
    const struct interpreter_params *p = q->setting->params;
    const char *interp = program->interp;
    IG_AUTO_FREE char *what = ig_format("The loader %s", interp);
    if (loader_refused(q, program, loader, what, r)) {
        return;
    }
    const char *final = loader->walk.path;
    if (!in_trusted_dir(p, final)) {
        ig_result_set(r, IG_STATUS_FAIL, "%s leads to %s, outside the trusted directories.", what,
                      final);
        ig_result_expected(r, "below one of trustedDirs");
        ig_result_observed(r, "%s", final);
        ig_result_fix(r, "Use a loader of the image's own C library, or list its directory in "
                         "interpreter.trustedDirs.");
        return;
    }
    if (ig_scene_is_mounted(q->scene, &loader->walk) &&
        !ig_scene_promises(q->scene, final)) {
        ig_result_set(r, IG_STATUS_FAIL, "A mount lies on the loader %s itself: it hides the "
                                         "image's loader.", final);
        ig_result_expected(r, "no mount on %s", final);
        ig_result_fix(r, "Remove the mount, or list it under volumes if it is meant.");
        return;
    }
    struct ig_trust trust = ig_trust_judge(q->scene, &loader->walk, IG_TRUST_LOADER);
    if (!ig_say_trust(&trust, r)) {
        ig_result_set(r, IG_STATUS_PASS, "The loader %s is present, fits, and only trusted users "
                                         "could replace it.", interp);
    } else {
        IG_AUTO_FREE char *said = IG_STEAL(r->message);
        ig_result_set(r, r->status, "%s: %s", what, said);
    }
    ig_result_observed(r, "%s", final);
    ig_trust_free(&trust);
}

/* The program that the kernel loads in the end: a script's last interpreter. */
struct ig_target *ig_final_program(const struct ig_question *q, struct ig_error *e)
{
    struct ig_target *target = q->target;
    for (int step = 0; target != NULL && step < IG_SCRIPT_STEPS; step++) {
        if (!ig_script_goes_on(target)) {
            const struct ig_image *image = ig_target_image(target, e);
            return image != NULL && image->kind == IG_IMAGE_ELF ? target : NULL;
        }
        target = ig_script_next(q->scene, target, e);
    }
    return NULL;
}

static void judge_program(const struct ig_question *q, struct ig_target *program, bool last,
                          struct ig_result *r)
{
    const struct interpreter_params *p = q->setting->params;
    struct interpreter_params of_env = *p;
    const struct ig_image *image = &program->image;
    of_env.path = NULL;
    p = last ? p : &of_env;
    int number = 0;
    if (image->refusal != 0 && !ig_interp_is_refused(image)) {
        ig_result_set(r, IG_STATUS_ERROR, "The kernel refuses the program itself (%s): its loader "
                                          "was not judged.", image->refusal_text);
        ig_result_fix(r, "The file is damaged or no program: build or copy it again.");
        return;
    }
    if (image->interp_state == IG_INTERP_NONE) {
        say_static(p, r);
        return;
    }
    if (segment_fault(image, r) || string_fault(p, image->interp, r)) {
        return;
    }
    if (p->visible == IG_FALSE) {
        ig_result_set(r, IG_STATUS_PASS, "PT_INTERP is %s as promised; the loader itself lies in "
                                         "the main container's image and was not looked up.",
                      image->interp);
        return;
    }
    program->loader = ig_files_locate(q->files, q->scene->root, image->interp, &number);
    if (program->loader == NULL) {
        say_missing(q, image->interp, r);
    } else {
        judge_loader(q, image, program->loader, r);
    }
}

/* The program's loader; before it that of an env which starts the program. */
static void run(const struct ig_question *q, struct ig_result *r)
{
    struct ig_error e = {0};
    if (ig_programs_judge(q, judge_program, r, &e)) {
        /* dlopen(3) and ld.so look at no library's PT_INTERP; execve would, which nobody may do. */
        if (q->subject->scanned == IG_SCANNED_LIBRARY && r->status == IG_STATUS_FAIL) {
            r->status = IG_STATUS_WARN;
        }
        return;
    }
    ig_result_set(r, IG_STATUS_ERROR, "The program cannot be read as ELF: %s.",
                  e.text[0] != '\0' ? e.text : "it is neither ELF nor a script");
    ig_result_fix(r, "See what keeps it from being read, and binary.machine.");
    ig_add_hidden(q->scene, e.number, r);
}

static const char *const needs[] = {"binary.file", "binary.machine", NULL};

const struct ig_check ig_check_binary_interpreter = {
    .spec = {.id = "binary.interpreter",
             .key = "interpreter",
             .kind = IG_KIND_BINARY,
             .scanned = true,
             .summary = "the loader that PT_INTERP names is there, fits, may be executed and could "
                        "be replaced by nobody else; a static program needs none",
             .params = params,
             .params_size = sizeof(struct interpreter_params),
             .validate = validate},
    .means = "The first PT_INTERP is well-formed and absolute; each symlink on the way to the "
             "loader is followed inside the root; the file is a regular, executable ELF of the "
             "program's class and machine, on no noexec mount and no mount point of its own; it "
             "lies in a trusted directory (interpreter.trustedDirs); it, every link and every "
             "directory on the way belong to trusted users and may be written by nobody else. A "
             "static program passes unless the policy names a loader. The message names the errno "
             "that execve would give. {\"path\": P, \"visible\": false} is for a program on a "
             "shared volume whose loader lies in the main image: only PT_INTERP is compared. Of a "
             "library that --scan finds (a file that nobody may execute is one too) a fault only "
             "warns: no loader looks at a library's PT_INTERP.",
    .matters = "A missing loader is the \"no such file or directory\" that a shell prints although "
               "the program is there: a glibc program in an Alpine image, a dynamic one in "
               "distroless/static. And the loader runs before the program's first instruction: who "
               "can replace it owns the program, whatever its digest.",
    .mend = "Use an image with that loader or link statically; chmod 0755 and chown root it; "
            "remove mounts from it; list unusual directories in trustedDirs.",
    .needs = needs,
    .run = run,
};
