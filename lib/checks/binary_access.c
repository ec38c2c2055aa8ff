/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/check.h"
#include "checks/script.h"
#include "checks/words.h"
#include "core/mem.h"

/* A script and all that takes over from it in turn: the kernel opens each of them with the
 * program's credentials; a script's text is read by its interpreter as well. */
static bool chain_is_usable(const struct ig_question *q, struct ig_result *r)
{
    struct ig_target *target = q->target;
    struct ig_error e = {0};
    for (int step = 0; target != NULL && step < IG_SCRIPT_STEPS; step++) {
        IG_AUTO_FREE char *what = ig_script_what(target, q->target);
        if (target->walk.error != 0) {
            if (ig_say_access(q, what, &target->walk, 1, r)) {
                ig_result_set(r, IG_STATUS_SKIP, "Not evaluated, since %s was not found (see "
                                                 "binary.machine).", target->path);
            }
            return false;
        }
        bool goes_on = ig_script_goes_on(target);
        struct ig_target *next = goes_on ? ig_script_next(q->scene, target, &e) : NULL;
        if (!ig_say_access(q, what, &target->walk, 1, r) ||
            (next != NULL && next->script != NULL &&
             !ig_say_access(q, what, &target->walk, 4, r)) ||
            ig_say_noexec(what, &target->walk, r)) {
            return false;
        }
        target = next;
    }
    return true;
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    if (!q->scene->run_as_known) {
        ig_result_set(r, IG_STATUS_SKIP, "Under --root the program's user is not known: name it "
                                         "with runAs (or --run-as UID:GID).");
        return;
    }
    if (q->target->walk.error != 0) {
        /* The walk ended where the gate may not search; what it did pass can still be judged. */
        if (!ig_say_access(q, "The program", &q->target->walk, 1, r)) {
            return;
        }
        ig_result_set(r, IG_STATUS_SKIP, "Not evaluated, since the program was not found (see "
                                         "binary.file).");
        return;
    }
    const struct ig_meta *meta = ig_target_meta(q->target);
    if (meta != NULL && !ig_meta_is(meta, S_IFREG)) {
        ig_result_set(r, IG_STATUS_FAIL, "It is a %s, which nobody can execute: execve gives "
                                         "EACCES.", ig_meta_type(meta));
        ig_result_observed(r, "%s", ig_meta_type(meta));
        ig_result_fix(r, "Name the program itself, or put it there.");
        return;
    }
    IG_AUTO_FREE char *who = ig_cred_text(&q->scene->run_as);
    if (chain_is_usable(q, r)) {
        ig_result_set(r, IG_STATUS_PASS, "%s may reach and execute it%s.", who,
                      q->scene->policy->run_as_set ? "" : " (the gate's own ids; see runAs)");
        ig_result_observed(r, "%s", who);
    }
}

const struct ig_check ig_check_binary_access = {
    .spec = {.id = "binary.access",
             .key = "access",
             .kind = IG_KIND_BINARY,
             .summary = "the program's user (runAs) may reach and execute it: directories, mode "
                        "bits, groups, ACLs, capabilities, noexec"},
    .means = "The kernel's own permission rules are computed for the user that runAs names, "
             "without becoming it: search permission on every directory, execute permission on "
             "the file (for a script, on its interpreter too), owner, group, supplementary "
             "groups and POSIX ACLs, CAP_DAC_OVERRIDE of uid 0 where the container has it, the "
             "protected_symlinks rule, and noexec mounts.",
    .matters = "The gate often runs as another user than the main container. A program with mode "
               "0700 of root, or below a 0750 directory, exits with \"permission denied\" only "
               "when the main container starts.",
    .mend = "chmod a+x the program and the directories above it in the image; set fsGroup or "
            "runAsUser; name the main container's real ids in runAs. With `drop: [ALL]` say "
            "\"capabilities\": []: uid 0 then has no right to other users' files.",
    .run = run,
};
