/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/words.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "checks/hidden.h"
#include "core/mem.h"

bool ig_fault_of_the_image(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG;
}

void ig_say_not_found(const struct ig_question *q, const char *what, const struct ig_walk *walk,
                      struct ig_result *r)
{
    char words[160];
    ig_errno_text(walk->error, words, sizeof words);
    if (ig_say_hidden(q->scene, what, walk->error, r)) {
        return;
    }
    if (!ig_fault_of_the_image(walk->error)) {
        ig_result_set(r, IG_STATUS_ERROR, "%s cannot be looked up by the gate: %s at %s.", what,
                      words, walk->path);
        ig_result_fix(r, walk->error == EACCES
                             ? "Let the gate's user pass that directory, or run the gate as the "
                               "main container's user."
                             : "See what keeps the gate from reading there; the rollout stays "
                               "blocked until it can.");
        return;
    }
    ig_result_set(r, IG_STATUS_FAIL, "%s cannot be found: %s at %s.", what, words, walk->path);
    ig_result_observed(r, "%s", ig_errno_name(walk->error));
    if (walk->error == ENOENT && strchr(walk->path, '\r') != NULL) {
        ig_result_fix(r, "Take the carriage return out of the file that names it (a script's first "
                         "line, the policy): it has line ends of Windows.");
    } else if (walk->error != ENOENT) {
        ig_result_fix(r, "Correct the path in the policy, or the symlinks in the image.");
    } else if (q->scene->rooted) {
        ig_result_fix(r, "Check the path, and that %s holds the main container's image.",
                      q->scene->root_name);
    } else {
        ig_result_fix(r, "Check the path, and that the gate sees it: mount the volume that holds "
                         "it, run the gate in the main container's image (same-image pattern), or "
                         "mount that image and name it with --root (image-volume pattern).");
    }
}

bool ig_say_trust(const struct ig_trust *trust, struct ig_result *r)
{
    if (trust->status == IG_STATUS_PASS) {
        return false;
    }
    const char *before = trust->status == IG_STATUS_ERROR ? "Who may replace it is not known" :
                         "Others could replace it";
    ig_result_set(r, trust->status, "%s: %s.", before, trust->text);
    ig_result_fix(r, "%s", trust->fix);
    return true;
}

static void refuse(const struct ig_question *q, const char *what, const struct ig_hop *hop,
                   const char *verb, struct ig_result *r)
{
    IG_AUTO_FREE char *who = ig_cred_text(&q->scene->run_as);
    ig_result_set(r, IG_STATUS_FAIL,
                  "%s cannot be used by %s: %s is refused (EACCES) at %s (%s, mode %04o, owner "
                  "%u:%u%s).", what, who, verb, hop->path, ig_meta_type(&hop->meta),
                  hop->meta.mode & 07777U, hop->meta.uid, hop->meta.gid,
                  hop->meta.acl_count > 0 ? ", ACL" : "");
    ig_result_expected(r, "%s permitted", verb);
    ig_result_observed(r, "EACCES at %s", hop->path);
    if (ig_scene_is_folder(q->scene, hop)) {
        ig_result_fix(r, "chmod 0755 %s: a container's own / is so, the folder that --root names "
                         "is not.", q->scene->root_name);
        return;
    }
    ig_result_fix(r, "Give that user the permission (chmod in the image or volume), or run the "
                     "main container as a user that has it (runAsUser, fsGroup)%s.",
                  q->scene->policy->run_as_set ? "" : "; if the main container runs as another "
                                                      "user, name it with runAs");
}

static const char *verb_for(const struct ig_hop *hop, unsigned may)
{
    if (hop->kind == IG_HOP_LINK) {
        return "following a symlink in a sticky directory";
    }
    if (hop->kind == IG_HOP_DIRECTORY) {
        return "search";
    }
    return (may & 1) != 0 ? "execute" : (may & 2) != 0 ? "write" : "read";
}

static const struct ig_hop *unreadable_acl(const struct ig_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->hops[i].meta.acl_error != 0) {
            return &walk->hops[i];
        }
    }
    return NULL;
}

bool ig_say_access(const struct ig_question *q, const char *what, const struct ig_walk *walk,
                   unsigned may, struct ig_result *r)
{
    const struct ig_hop *failing = NULL;
    const struct ig_hop *hidden = unreadable_acl(walk);
    char words[160];
    if (hidden != NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "The ACL of %s cannot be read: %s.", hidden->path,
                      ig_errno_text(hidden->meta.acl_error, words, sizeof words));
        ig_result_fix(r, "Mount /proc in this container: ACLs are read through it.");
        return false;
    }
    if (!ig_scene_permits(q->scene, walk, may, &failing) && failing != NULL) {
        refuse(q, what, failing, verb_for(failing, may), r);
        return false;
    }
    return true;
}

bool ig_say_noexec(const char *what, const struct ig_walk *walk, struct ig_result *r)
{
    unsigned long flags = 0;
    unsigned long magic = 0;
    struct ig_error e = {0};
    if (ig_fd_statfs(walk->fd, &flags, &magic, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "The mount of %s cannot be looked at: %s.", walk->path,
                      e.text);
        ig_result_fix(r, "See what keeps the gate from looking at it.");
        return true;
    }
    return ig_say_noexec_flag(what, flags, r);
}

bool ig_say_noexec_flag(const char *what, unsigned long flags, struct ig_result *r)
{
    if ((flags & ST_NOEXEC) == 0) {
        return false;
    }
    ig_result_set(r, IG_STATUS_FAIL, "%s lies on a noexec mount: execve gives EACCES.", what);
    ig_result_expected(r, "a mount without noexec");
    ig_result_observed(r, "noexec");
    ig_result_fix(r, "Deliver it on a volume that is mounted without noexec (an emptyDir is).");
    return true;
}

bool ig_interp_is_refused(const struct ig_image *image)
{
    return image->refusal != 0 && image->interp_state != IG_INTERP_NONE &&
           image->interp_state != IG_INTERP_OK && (image->e_type == ET_EXEC || image->e_type == ET_DYN);
}

bool ig_say_memory(const struct ig_question *q, const char *what, const struct ig_image *image,
                   struct ig_result *r)
{
    uint64_t bytes = ig_image_memory(image, q->subject->scanned == IG_SCANNED_LIBRARY);
    if (!ig_scene_denies_memory(q->scene, bytes)) {
        return false;
    }
    ig_result_set(r, IG_STATUS_FAIL, "%s asks for %" PRIu64 " MiB of memory at its start. This node "
                                     "does not promise so much (vm.overcommit_memory), so the "
                                     "program would be killed.", what, bytes >> 20);
    ig_result_fix(r, "Copy or pull the file again if it should not need so much. Otherwise run it "
                     "on a node with more memory, or with vm.overcommit_memory set to 1, as the "
                     "kubelet sets it.");
    return true;
}

char *ig_say_items(const struct ig_result *r)
{
    enum { NAMED = 5 };
    struct ig_buf out = {0};
    for (size_t i = 0; i < r->item_count && i < NAMED; i++) {
        ig_buf_addf(&out, "%s%s (%s)", i > 0 ? ", " : "", r->items[i].path, r->items[i].kind);
    }
    if (r->item_count > NAMED) {
        ig_buf_addf(&out, " and %zu more", r->item_count - NAMED);
    }
    return ig_buf_steal(&out);
}

int ig_ignore_validate(const struct ig_strings *ignore, struct ig_error *e)
{
    for (size_t i = 0; i < ignore->count; i++) {
        if (strcmp(ignore->list[i], ".") == 0) {
            return ig_error_set(e, 0, "\"ignore\" of \".\" would leave nothing to compare");
        }
    }
    return 0;
}
