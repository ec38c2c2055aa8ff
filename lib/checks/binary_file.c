/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "checks/check.h"
#include "checks/privilege.h"
#include "checks/words.h"
#include "core/mem.h"

/* True where it said something. */
static bool judge_file_caps(const struct ig_question *q, struct ig_result *r)
{
    struct ig_file_caps caps;
    struct ig_error e = {0};
    if (ig_file_caps_read(q->target, &caps, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "Its file capabilities cannot be read: %s.", e.text);
        ig_result_fix(r, "Mount /proc in this container: extended attributes are read through it.");
        return true;
    }
    uint64_t beyond = caps.permitted & ~q->scene->run_as.caps;
    if (!caps.present) {
        return false;
    }
    if (caps.effective && beyond != 0) {
        const char *name = ig_cap_name(__builtin_ctzll(beyond));
        ig_result_set(r, IG_STATUS_FAIL,
                      "It has the file capability %s, which the container's bounding set lacks: "
                      "execve gives EPERM.", name != NULL ? name : "(unknown)");
        ig_result_observed(r, "file capabilities 0x%" PRIx64, caps.permitted);
        ig_result_fix(r, "Remove it (setcap -r), or add the capability to the main container and "
                         "to runAs.capabilities.");
        return true;
    }
    ig_result_set(r, IG_STATUS_WARN, "It has file capabilities (0x%" PRIx64 "): it runs with more "
                                     "than the pod gives its user.", caps.permitted);
    ig_result_fix(r, "Remove them (setcap -r) unless they are meant.");
    return true;
}

static bool judge_kind(const struct ig_meta *meta, struct ig_result *r)
{
    if (!ig_meta_is(meta, S_IFREG)) {
        ig_result_set(r, IG_STATUS_FAIL, "It is a %s, not a regular file: execve gives EACCES.",
                      ig_meta_type(meta));
        ig_result_expected(r, "regular file");
        ig_result_observed(r, "%s", ig_meta_type(meta));
        ig_result_fix(r, ig_meta_is(meta, S_IFDIR)
                             ? "Name the program itself. A directory also appears where a subPath "
                               "names a key or file that does not exist."
                             : "Put the program there.");
        return true;
    }
    if (meta->size == 0) {
        ig_result_set(r, IG_STATUS_FAIL, "It is empty (0 bytes): execve gives ENOEXEC.");
        ig_result_expected(r, "at least 1 byte");
        ig_result_observed(r, "0 bytes");
        ig_result_fix(r, "Pull the image or copy the program again: a node that crashed while "
                         "unpacking leaves empty files.");
        return true;
    }
    return false;
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    const struct ig_meta *meta = ig_target_meta(q->target);
    if (meta == NULL) {
        ig_say_not_found(q, "The program", &q->target->walk, r);
        return;
    }
    if (judge_kind(meta, r)) {
        return;
    }
    ig_result_observed(r, "regular file, %" PRIu64 " bytes, mode %04o, owner %u:%u", meta->size,
                       meta->mode & 07777U, meta->uid, meta->gid);
    struct ig_trust trust = ig_trust_judge(q->scene, &q->target->walk, IG_TRUST_PROGRAM);
    bool said = trust.status != IG_STATUS_WARN && ig_say_trust(&trust, r);
    bool inert = ig_privilege_ignored(q->scene, q->target);
    /* A failure of the capabilities outweighs a warning of the trust rules. */
    said = said || (!inert && judge_file_caps(q, r) && r->status != IG_STATUS_WARN);
    said = said || ig_say_trust(&trust, r) || r->message != NULL;
    ig_trust_free(&trust);
    if (!said && !inert && (meta->mode & (S_ISUID | S_ISGID)) != 0) {
        ig_result_set(r, IG_STATUS_WARN, "It is set-id (mode %04o): it runs as %s %u.",
                      meta->mode & 07777U, (meta->mode & S_ISUID) != 0 ? "uid" : "gid",
                      (meta->mode & S_ISUID) != 0 ? meta->uid : meta->gid);
        ig_result_fix(r, "Remove the bit (chmod ug-s) unless it is meant.");
    } else if (!said) {
        ig_result_set(r, IG_STATUS_PASS, "A regular file of %" PRIu64 " bytes that only trusted "
                                         "users could replace.", meta->size);
    }
}

const struct ig_check ig_check_binary_file = {
    .spec = {.id = "binary.file",
             .key = "file",
             .kind = IG_KIND_BINARY,
             .summary = "exists, is a regular file, not empty; neither it nor a directory above it "
                        "may be written by others"},
    .means = "The program exists where the policy says, after every symlink was followed inside "
             "the root; it is a regular file with content; and nobody but trusted users "
             "(trustedUids, by default uid 0) could replace it: mode bits, ACLs and owners of the "
             "file and of each directory and symlink on the way are judged. What the program's own "
             "user could replace is a warning, so are open folders on a volume. Set-id bits and "
             "file capabilities are warnings; a file capability that the container's bounding set "
             "lacks fails, because execve then gives EPERM.",
    .matters = "A file that is missing, empty after a node crash, or a directory made by a wrong "
               "subPath keeps the container from starting with a message that names no cause. A "
               "program that another user may rewrite need not be the one that was checked.",
    .mend = "Correct the path; mount the volume that holds it or use the pattern whose gate sees "
            "the image; pull the image again where the file is empty; take write permission away "
            "(chmod o-w, COPY without --chown) or list the owner in trustedUids.",
    .run = run,
};
