/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/script.h"
#include "checks/words.h"
#include "core/mem.h"

static const char *bits(const struct ig_image *image)
{
    return image->e_class == 2 ? "64-bit" : image->e_class == 1 ? "32-bit" : "unknown class";
}

static void say_other_machine(const struct ig_question *q, const struct ig_image *image,
                              const char *what, struct ig_result *r)
{
    char buffer[64];
    const char *words = ig_machine_describe(image->e_machine, buffer, sizeof buffer);
    ig_result_set(r, IG_STATUS_FAIL, "%s is built for %s (%s), which linux/%s does not run: execve "
                                     "gives ENOEXEC (\"exec format error\").", what, words,
                  bits(image), q->scene->machine->name);
    ig_result_expected(r, "linux/%s", q->scene->machine->name);
    ig_result_observed(r, "%s, %s, %s-endian", words, bits(image),
                       image->e_data == 1 ? "little" : "big");
    ig_result_fix(r, "Build or pull it for this platform (a multi-platform image, or a node "
                     "selector on kubernetes.io/arch).");
}

/* A library has no entry point and need not be what execve takes. */
static bool is_broken(const struct ig_question *q, const struct ig_image *image)
{
    return image->broken_text != NULL &&
           (q->subject->scanned != IG_SCANNED_LIBRARY || ig_image_cut_short(image));
}

static void judge_elf(const struct ig_question *q, const struct ig_image *image, const char *what,
                      struct ig_result *r)
{
    char words[160];
    if (image->refusal != 0 && !ig_interp_is_refused(image)) {
        ig_result_set(r, IG_STATUS_FAIL, "%s is refused by the kernel: execve gives %s, since %s.",
                      what, ig_errno_text(image->refusal, words, sizeof words),
                      image->refusal_text);
        ig_result_observed(r, "%s", ig_errno_name(image->refusal));
        ig_result_fix(r, "The file is damaged or no program: build or copy it again.");
    } else if (!ig_machine_runs(q->scene->machine, image)) {
        say_other_machine(q, image, what, r);
    } else if (is_broken(q, image)) {
        ig_result_set(r, IG_STATUS_FAIL, "%s would be started and then killed: %s.", what,
                      image->broken_text);
        ig_result_fix(r, image->entry == 0 && !ig_image_cut_short(image)
                             ? "Name the program that uses it; if it is the program, it is damaged: "
                               "copy or pull it again."
                             : "The file is cut short or damaged: copy or pull it again.");
    } else if (image->refusal != 0) {
        ig_result_set(r, IG_STATUS_PASS, "%s is built for a machine that linux/%s runs; its "
                                         "PT_INTERP is faulty (see binary.interpreter).", what,
                      q->scene->machine->name);
    } else if (!ig_say_memory(q, what, image, r)) {
        const char *machine = ig_machine_describe(image->e_machine, words, sizeof words);
        const char *by = strcmp(what, "The program") == 0 ? "" : what;
        ig_result_set(r, IG_STATUS_PASS, "%s%s%s for %s runs on linux/%s, and all its segments lie "
                                         "inside the file.", by, by[0] != '\0' ? ": " : "",
                      q->subject->scanned == IG_SCANNED_LIBRARY ? "A library"
                      : image->interp_state == IG_INTERP_NONE   ? "A static program"
                                                                : "A dynamic program",
                      machine, q->scene->machine->name);
        ig_result_observed(r, "%s, %s", machine, bits(image));
    }
}

static void say_unreadable(const struct ig_question *q, const char *what,
                           const struct ig_error *e, struct ig_result *r)
{
    if (ig_say_hidden(q->scene, what, e->number, r)) {
        return;
    }
    ig_result_set(r, IG_STATUS_ERROR, "%s cannot be read: %s.", what, e->text);
    ig_result_fix(r, e->number == EACCES ? "Run the gate as a user that may read it, for instance "
                                           "the main container's."
                                         : "See what keeps it from being read.");
}

static void say_stuck(const struct ig_target *target, const struct ig_error *e,
                      struct ig_result *r)
{
    bool by_env = target->image.kind == IG_IMAGE_ELF;
    ig_result_set(r, e->number == 0 || e->number == ENOEXEC ? IG_STATUS_FAIL : IG_STATUS_ERROR,
                  "The script %s cannot be run: %s.", by_env ? target->script->path : target->path,
                  e->text);
    if (!by_env) {
        ig_result_fix(r, "Begin the script with #! and the absolute path of its interpreter.");
    } else if (e->number == 0) {
        ig_result_fix(r, "Put that program into the image, name its folder in PATH (of the pod, "
                         "and of the policy's env), or begin the script with #! and its absolute "
                         "path.");
    } else {
        ig_result_fix(r, "Begin the script with #! and the absolute path of its interpreter, or "
                         "give the variable in the policy's env.");
    }
}

/* True where R says what is wrong with the folders that env searched. */
static bool path_is_open(const struct ig_question *q, const struct ig_target *env,
                         const struct ig_target *next, struct ig_result *r)
{
    struct ig_trust trust = ig_script_path_trust(q->scene, env);
    bool distrusted = trust.status < IG_STATUS_WARN && ig_say_trust(&trust, r);
    ig_trust_free(&trust);
    if (distrusted) {
        IG_AUTO_FREE char *said = IG_STEAL(r->message);
        ig_result_set(r, r->status, "A folder of PATH in front of %s: %s", next->path, said);
    }
    return distrusted;
}

/* What takes over, or NULL where R says why nothing does. */
static struct ig_target *follow(const struct ig_question *q, struct ig_target *target,
                                struct ig_result *r)
{
    struct ig_error e = {0};
    struct ig_target *next = ig_script_next(q->scene, target, &e);
    if (next == NULL) {
        say_stuck(target, &e, r);
        return NULL;
    }
    IG_AUTO_FREE char *what = ig_script_what(next, q->target);
    const struct ig_meta *meta = ig_target_meta(next);
    if (meta == NULL) {
        ig_say_not_found(q, what, &next->walk, r);
        return NULL;
    }
    if (!ig_meta_is(meta, S_IFREG) || meta->size == 0) {
        bool regular = ig_meta_is(meta, S_IFREG);
        ig_result_set(r, IG_STATUS_FAIL, "%s is %s%s: execve gives %s.", what, regular ? "" : "a ",
                      regular ? "empty" : ig_meta_type(meta), regular ? "ENOEXEC" : "EACCES");
        ig_result_fix(r, "Put the interpreter into the image.");
        return NULL;
    }
    struct ig_trust trust = ig_trust_judge(q->scene, &next->walk, IG_TRUST_PROGRAM);
    bool distrusted = trust.status < IG_STATUS_WARN && ig_say_trust(&trust, r);
    ig_trust_free(&trust);
    if (distrusted || (next->script == NULL && path_is_open(q, target, next, r))) {
        return NULL;
    }
    return next;
}

/* A relative folder of PATH in front of where the program was found. */
static void say_relative(const struct ig_target *env, struct ig_result *r)
{
    ig_result_set(r, IG_STATUS_WARN, "env looks in the working directory before it comes to %s: "
                                     "PATH has an empty or relative folder.", env->next->path);
    ig_result_fix(r, "Name absolute folders in PATH.");
}

/* A script and all that takes over from it; the last one has a result if all before passed. */
static void judge_chain(const struct ig_question *q, struct ig_result *r)
{
    struct ig_target *target = q->target;
    const struct ig_target *relative = NULL;
    for (int step = 0; step < IG_SCRIPT_STEPS; step++) {
        struct ig_error e = {0};
        IG_AUTO_FREE char *what = ig_script_what(target, q->target);
        const struct ig_image *image = ig_target_image(target, &e);
        if (image == NULL) {
            say_unreadable(q, what, &e, r);
            return;
        }
        if (image->kind != IG_IMAGE_SCRIPT) {
            judge_elf(q, image, what, r);
        }
        if (!ig_script_goes_on(target)) {
            if (relative != NULL && r->status == IG_STATUS_PASS) {
                say_relative(relative, r);
            }
            return;
        }
        if (image->kind != IG_IMAGE_SCRIPT && r->status != IG_STATUS_PASS) {
            return;
        }
        struct ig_target *next = follow(q, target, r);
        if (next == NULL) {
            return;
        }
        if (next->script_depth > IG_SCRIPT_DEPTH) {
            ig_result_set(r, IG_STATUS_FAIL, "Its interpreters are scripts themselves, more than "
                                             "%d deep: execve gives ELOOP.", IG_SCRIPT_DEPTH);
            ig_result_fix(r, "Let the #! line name a program.");
            return;
        }
        relative = target->path_relative ? target : relative;
        target = next;
    }
    ig_result_set(r, IG_STATUS_FAIL, "The script and env start each other, without end.");
    ig_result_fix(r, "Begin the script with #! and the absolute path of its interpreter.");
}

static const char *const needs[] = {"binary.file", NULL};

const struct ig_check ig_check_binary_machine = {
    .spec = {.id = "binary.machine",
             .key = "machine",
             .kind = IG_KIND_BINARY,
             .scanned = true,
             .summary = "an ELF program of a class, byte order and machine that this node runs, "
                        "whole to its last segment; or a #! script whose interpreter is one"},
    .means = "The ELF header and program headers are what execve accepts (fs/binfmt_elf.c), for "
             "the machine of this node or the one --platform names, and every PT_LOAD segment lies "
             "inside the file. Without --platform the memory that the program asks for at its start "
             "is compared with what this node's kernel promises at most (vm.overcommit_memory). A #! script passes when its interpreter does; where that is env, "
             "when the program it starts does, which is looked up over PATH (of the policy's env, "
             "or else as container runtimes set it).",
    .matters = "An image for another machine ends in \"exec format error\". A program that was cut "
               "short passes execve and dies with SIGBUS or SIGSEGV later.",
    .mend = "Build or pull for the node's platform; copy the file again where it is cut short; "
            "start a script with #! and an absolute path; give PATH in the policy's env where the "
            "pod sets it.",
    .needs = needs,
    .run = judge_chain,
};
