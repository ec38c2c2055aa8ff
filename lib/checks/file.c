/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "checks/digests.h"
#include "checks/file.h"
#include "checks/words.h"
#include "core/mem.h"

static const struct ig_param content_params[] = {
    {.name = "sha256",
     .type = IG_TYPE_SHA256,
     .offset = offsetof(struct ig_digest_params, sha256),
     .short_form = true,
     .lifted = true,
     .summary = "the SHA256 of the file, 64 hex digits"},
    {0},
};

static bool is_there(const struct ig_question *q, struct ig_result *r)
{
    if (ig_target_meta(q->target) != NULL) {
        return true;
    }
    ig_say_not_found(q, "The file", &q->target->walk, r);
    return false;
}

static void say_wrong_type(const struct ig_meta *meta, const char *otherwise, struct ig_result *r)
{
    ig_result_fix(r, "%s", ig_meta_is(meta, S_IFDIR)
                               ? "A directory where a file was expected is what a subPath with a "
                                 "wrong key leaves behind: correct the key."
                               : otherwise);
}

static void run_content(const struct ig_question *q, struct ig_result *r)
{
    static const char empty_sha256[] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct ig_digest_params *params = q->setting->params;
    if (params->sha256 == NULL) {
        ig_judge_digest(q, "The file's", r);
        return;
    }
    if (!is_there(q, r)) {
        return;
    }
    const struct ig_meta *meta = ig_target_meta(q->target);
    if (!ig_meta_is(meta, S_IFREG)) {
        ig_result_set(r, IG_STATUS_FAIL, "It is a %s, not a regular file: it has no content to "
                                         "compare.", ig_meta_type(meta));
        ig_result_observed(r, "%s", ig_meta_type(meta));
        say_wrong_type(meta, "Put the file there.", r);
    } else if (meta->size == 0) {
        /* Not read (see ig_target_open): size 0 has one digest. */
        bool right = strcmp(params->sha256, empty_sha256) == 0;
        ig_result_set(r, right ? IG_STATUS_PASS : IG_STATUS_FAIL,
                      right ? "The file is empty, as expected." : "The file is empty.");
        ig_result_expected(r, "%s", params->sha256);
        ig_result_observed(r, "%s", empty_sha256);
        if (!right) {
            ig_result_fix(r, "Write the file again.");
        }
    } else {
        ig_judge_digest(q, "The file's", r);
    }
}

const struct ig_check ig_check_file_content = {
    .spec = {.id = "file.content",
             .key = "content",
             .kind = IG_KIND_FILE,
             .summary = "the file's SHA256 is the expected one",
             .params = content_params,
             .params_size = sizeof(struct ig_digest_params)},
    .means = "The SHA256 over all bytes of the opened file equals the one given (\"sha256\" beside "
             "the path, or an entry of --sha256sums). Symlinks are followed inside the root. "
             "Without an expected digest the check is skipped.",
    .matters = "A configuration file that differs from the tested one starts the program that was "
               "built with settings that nobody reviewed.",
    .mend = "Restore the file, or put its new digest into the policy if the change is meant.",
    .run = run_content,
};

enum file_type { TYPE_UNSET, TYPE_FILE, TYPE_DIRECTORY, TYPE_FIFO, TYPE_SOCKET };
enum file_access { ACCESS_UNSET, ACCESS_NONE, ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE };

struct attribute_params {
    int type;
    struct ig_opt_uint mode;
    struct {
        struct ig_opt_uint uid, gid;
    } owner;
    int access;
};

static const char *const types[] = {"file", "directory", "fifo", "socket", NULL};
static const char *const accesses[] = {"none", "read", "write", "execute", NULL};

static const struct ig_param owner_params[] = {
    {.name = "uid", .type = IG_TYPE_UINT, .max = UINT32_MAX - 1,
     .offset = offsetof(struct attribute_params, owner.uid) -
               offsetof(struct attribute_params, owner),
     .summary = "owner"},
    {.name = "gid", .type = IG_TYPE_UINT, .max = UINT32_MAX - 1,
     .offset = offsetof(struct attribute_params, owner.gid) -
               offsetof(struct attribute_params, owner),
     .summary = "group"},
    {0},
};

static const struct ig_param attribute_params[] = {
    {.name = "type", .type = IG_TYPE_ENUM, .values = types, .lifted = true,
     .offset = offsetof(struct attribute_params, type), .summary = "file type; default file"},
    {.name = "mode", .type = IG_TYPE_MODE, .lifted = true,
     .offset = offsetof(struct attribute_params, mode), .summary = "permission bits, \"0644\""},
    {.name = "owner", .type = IG_TYPE_OBJECT, .params = owner_params, .lifted = true,
     .offset = offsetof(struct attribute_params, owner), .summary = "owner and group"},
    {.name = "access", .type = IG_TYPE_ENUM, .values = accesses, .lifted = true,
     .offset = offsetof(struct attribute_params, access),
     .summary = "what runAs must be able to do; default read where the policy names runAs"},
    {0},
};

bool ig_file_is_meant(const struct ig_subject *subject)
{
    const struct ig_setting *setting = ig_subject_setting(subject, "file.attributes");
    const struct attribute_params *params = setting->params;
    return params->type == TYPE_UNSET || params->type == TYPE_FILE;
}

static bool type_is(const struct ig_meta *meta, int type)
{
    static const uint32_t bits[] = {[TYPE_UNSET] = S_IFREG,
                                    [TYPE_FILE] = S_IFREG,
                                    [TYPE_DIRECTORY] = S_IFDIR,
                                    [TYPE_FIFO] = S_IFIFO,
                                    [TYPE_SOCKET] = S_IFSOCK};
    return ig_meta_is(meta, bits[type]);
}

static bool judge_attributes(const struct attribute_params *p, const struct ig_meta *meta,
                             struct ig_result *r)
{
    const char *wanted = types[p->type != TYPE_UNSET ? p->type - 1 : 0];
    ig_result_observed(r, "%s, mode %04o, owner %u:%u", ig_meta_type(meta), meta->mode & 07777U,
                       meta->uid, meta->gid);
    if (!type_is(meta, p->type)) {
        ig_result_set(r, IG_STATUS_FAIL, "It is a %s, expected a %s.", ig_meta_type(meta), wanted);
        ig_result_expected(r, "%s", wanted);
        say_wrong_type(meta, "Put there what is expected, or correct the policy's type.", r);
        return false;
    }
    if (p->mode.set && p->mode.value != (meta->mode & 07777U)) {
        ig_result_set(r, IG_STATUS_FAIL, "Its mode is %04o, expected %04" PRIo64 ".",
                      meta->mode & 07777U, p->mode.value);
        ig_result_expected(r, "mode %04" PRIo64, p->mode.value);
        ig_result_fix(r, "Set defaultMode on the volume or chmod it in the image; fsGroup adds "
                         "group rights.");
        return false;
    }
    if ((p->owner.uid.set && p->owner.uid.value != meta->uid) ||
        (p->owner.gid.set && p->owner.gid.value != meta->gid)) {
        ig_result_set(r, IG_STATUS_FAIL, "It belongs to %u:%u, not to the owner expected.",
                      meta->uid, meta->gid);
        IG_AUTO_FREE char *uid = p->owner.uid.set ? ig_format("%" PRIu64, p->owner.uid.value)
                                                  : ig_strdup("any");
        IG_AUTO_FREE char *gid = p->owner.gid.set ? ig_format("%" PRIu64, p->owner.gid.value)
                                                  : ig_strdup("any");
        ig_result_expected(r, "owner %s:%s", uid, gid);
        ig_result_fix(r, "chown it where it is made, or correct the policy's owner.");
        return false;
    }
    return true;
}

/* Modes and ACLs are not all: a read-only mount gives EROFS, a noexec one EACCES. True where R says
 * so (or that it cannot be told). */
static bool mount_refuses(const struct ig_walk *walk, int access, struct ig_result *r)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    struct ig_error e = {0};
    unsigned long flags = 0;
    unsigned long magic = 0;
    if (access == ACCESS_EXECUTE) {
        return ig_meta_is(meta, S_IFREG) && ig_say_noexec("The file", walk, r);
    }
    if (access != ACCESS_WRITE || (!ig_meta_is(meta, S_IFREG) && !ig_meta_is(meta, S_IFDIR))) {
        return false;
    }
    if (ig_fd_statfs(walk->fd, &flags, &magic, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "Its mount cannot be looked at: %s.", e.text);
        ig_result_fix(r, "See what keeps the gate from looking at it.");
        return true;
    }
    if ((flags & ST_RDONLY) == 0) {
        return false;
    }
    /* Only a warning: the gate's copy of a volume is best mounted read-only, the program's is not. */
    ig_result_set(r, IG_STATUS_WARN, "In this container it lies on a read-only mount, where writing "
                                     "gives EROFS.");
    ig_result_expected(r, "a writable mount");
    ig_result_fix(r, "See that the main container mounts it without readOnly.");
    return true;
}

static void run_attributes(const struct ig_question *q, struct ig_result *r)
{
    static const unsigned bits[] = {[ACCESS_READ] = 4, [ACCESS_WRITE] = 2, [ACCESS_EXECUTE] = 1};
    const struct attribute_params *p = q->setting->params;
    if (!is_there(q, r)) {
        return;
    }
    const struct ig_meta *meta = ig_target_meta(q->target);
    if (!judge_attributes(p, meta, r)) {
        return;
    }
    int access = p->access;
    if (access == ACCESS_UNSET) {
        access = q->scene->policy->run_as_set ? ACCESS_READ : ACCESS_NONE;
    }
    if (access != ACCESS_NONE && !q->scene->run_as_known) {
        ig_result_set(r, IG_STATUS_ERROR, "Whether the program's user may %s it is not known: "
                                          "under --root, name the user with runAs.",
                      accesses[access - 1]);
        ig_result_fix(r, "Add runAs to the policy, or --run-as UID:GID.");
    } else if (access == ACCESS_NONE ||
               (ig_say_access(q, "The file", &q->target->walk, bits[access], r) &&
                !mount_refuses(&q->target->walk, access, r))) {
        IG_AUTO_FREE char *who = ig_cred_text(&q->scene->run_as);
        ig_result_set(r, IG_STATUS_PASS, "%s%s%s%s%s.", "Type, mode and owner are as expected",
                      access == ACCESS_NONE ? "" : "; ", access == ACCESS_NONE ? "" : who,
                      access == ACCESS_NONE ? "" : " may ",
                      access == ACCESS_NONE ? "" : accesses[access - 1]);
    }
}

const struct ig_check ig_check_file_attributes = {
    .spec = {.id = "file.attributes",
             .key = "attributes",
             .kind = IG_KIND_FILE,
             .summary = "type, mode and owner are as asked, and runAs may use the file",
             .params = attribute_params,
             .params_size = sizeof(struct attribute_params)},
    .means = "The file exists, has the type asked (a regular file unless the policy says "
             "otherwise), the mode and owner where the policy gives them, and the user that runAs "
             "names may read it (or what \"access\" asks): every directory on the way, mode bits, "
             "groups, ACLs and capabilities as the kernel judges them.",
    .matters = "A wrong subPath key mounts an empty directory in place of a file, silently. A "
               "Secret with defaultMode 0400 is unreadable to a non-root user without fsGroup.",
    .mend = "Correct the key; set defaultMode and fsGroup; chmod or chown in the image; or correct "
            "the policy.",
    .run = run_attributes,
};
