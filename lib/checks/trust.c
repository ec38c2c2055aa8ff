/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/trust.h"

#include <inttypes.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"

enum { UNMAPPED_UID = 65534, MAY_WRITE = 2 };
enum { ACL_USER = 0x02, ACL_GROUP_OBJ = 0x04, ACL_GROUP = 0x08, ACL_MASK = 0x10 };

/* Worse is larger. */
enum writer { NOBODY, UNPACKER, OWN, OTHER, WORLD };

struct finding {
    enum writer who;
    bool by_owner;    /* rather than by mode bits or ACL */
    uint32_t id;      /* the uid, or the gid where GROUP */
    bool group;
};

/* Uid 0 is trusted whatever the policy lists: it writes to any file without asking the mode. */
static bool trusted(const struct ig_scene *scene, uint64_t uid)
{
    if (uid == 0) {
        return true;
    }
    for (size_t i = 0; i < scene->policy->trusted_uid_count; i++) {
        if (scene->policy->trusted_uids[i] == uid) {
            return true;
        }
    }
    return false;
}

/* The single non-root uid that owns everything on the way, where a root file system was unpacked
 * as an ordinary user; 0 where there is none. */
static uint32_t unpacker_of(const struct ig_scene *scene, const struct ig_walk *walk)
{
    uint32_t uid = walk->hops[0].meta.uid;
    if (scene->unmapped && uid == UNMAPPED_UID) {
        return uid;
    }
    for (size_t i = 0; scene->rooted && i < walk->count; i++) {
        if (walk->hops[i].meta.uid != uid && !walk->hops[i].grafted) {
            return 0;
        }
    }
    return scene->rooted ? uid : 0;
}

static enum writer class_of_uid(const struct ig_scene *scene, uint32_t uid, uint32_t unpacker)
{
    if (trusted(scene, uid)) {
        return NOBODY;
    }
    if ((unpacker != 0 && uid == unpacker) || (scene->unmapped && uid == UNMAPPED_UID)) {
        return UNPACKER;
    }
    /* Without runAs the program's user is not known, and what an image's `COPY --chown` made is
     * most likely that user's. */
    return !scene->run_as_known || uid == scene->run_as.uid ? OWN : OTHER;
}

static enum writer class_of_gid(const struct ig_scene *scene, uint32_t gid, uint32_t unpacker)
{
    if (unpacker != 0) {
        return UNPACKER;
    }
    return gid == 0 || !scene->run_as_known || ig_cred_in_group(&scene->run_as, gid) ? OWN : OTHER;
}

static void worse(struct finding *f, struct finding next)
{
    if (next.who > f->who) {
        *f = next;
    }
}

static uint16_t acl_mask(const struct ig_meta *meta)
{
    for (size_t i = 0; i < meta->acl_count; i++) {
        if (meta->acl[i].tag == ACL_MASK) {
            return meta->acl[i].perm;
        }
    }
    return 7;
}

static void judge_acl(const struct ig_scene *scene, const struct ig_meta *meta, uint32_t unpacker,
                      struct finding *f)
{
    uint16_t mask = acl_mask(meta);
    for (size_t i = 0; i < meta->acl_count; i++) {
        const struct ig_acl_entry *entry = &meta->acl[i];
        if ((entry->perm & mask & MAY_WRITE) == 0) {
            continue;
        }
        if (entry->tag == ACL_USER) {
            worse(f, (struct finding){class_of_uid(scene, entry->id, unpacker), false, entry->id,
                                      false});
        } else if (entry->tag == ACL_GROUP || entry->tag == ACL_GROUP_OBJ) {
            uint32_t gid = entry->tag == ACL_GROUP ? entry->id : meta->gid;
            worse(f, (struct finding){class_of_gid(scene, gid, unpacker), false, gid, true});
        }
    }
}

static struct finding judge_hop(const struct ig_scene *scene, const struct ig_hop *hop,
                                uint32_t unpacker)
{
    const struct ig_meta *meta = &hop->meta;
    struct finding f = {class_of_uid(scene, meta->uid, unpacker), true, meta->uid, false};
    /* A link has no mode of its own. In a sticky directory only its owner, judged above, and an
     * entry's owner can replace it (inode_owner_or_capable() in fs/namei.c may_delete()), and the entry is a hop
     * of its own. */
    if (hop->kind == IG_HOP_LINK ||
        (ig_meta_is(meta, S_IFDIR) && (meta->mode & S_ISVTX) != 0 && f.who <= UNPACKER)) {
        return f;
    }
    if ((meta->mode & S_IWOTH) != 0) {
        worse(&f, (struct finding){WORLD, false, 0, false});
    }
    if (meta->acl_count > 0) {
        judge_acl(scene, meta, unpacker, &f);
    } else if ((meta->mode & S_IWGRP) != 0) {
        worse(&f, (struct finding){class_of_gid(scene, meta->gid, unpacker), false, meta->gid,
                                   true});
    }
    return f;
}

static enum ig_outcome severity(const struct ig_scene *scene, const struct ig_hop *hop,
                               const struct finding *f, enum ig_trust_rule rule)
{
    /* A directory of a search path is the end of a walk, but no file. */
    bool final = hop->kind == IG_HOP_FINAL && !ig_meta_is(&hop->meta, S_IFDIR);
    if (f->who == NOBODY) {
        return IG_STATUS_PASS;
    }
    if (final && f->who == WORLD) {
        return IG_STATUS_FAIL;
    }
    /* What a container's "/" will be like does not show in the folder under --root. */
    if (f->who == UNPACKER || (f->who < WORLD && ig_scene_is_folder(scene, hop))) {
        return IG_STATUS_WARN;
    }
    if (ig_scene_on_volume(scene, hop)) {
        return rule == IG_TRUST_LOADER && final && f->by_owner ? IG_STATUS_FAIL : IG_STATUS_WARN;
    }
    return f->who == OWN && rule == IG_TRUST_PROGRAM ? IG_STATUS_WARN : IG_STATUS_FAIL;
}

static char *mend(const struct ig_scene *scene, const struct ig_hop *hop, const struct finding *f)
{
    if (ig_scene_is_folder(scene, hop) && f->who > UNPACKER) {
        return ig_format("chown it to uid 0 and chmod 0755 %s, as a container's own / is.",
                         scene->root_name);
    }
    const struct ig_mount *mount = ig_scene_mount_of(scene, hop);
    if (f->who == UNPACKER || (f->who == OWN && !f->group)) {
        bool read_only = mount != NULL && (ig_options_have(mount->options, "ro") ||
                                           ig_options_have(mount->super_options, "ro"));
        return ig_format("Let uid 0 own it in the image (COPY without --chown)%s.",
                         read_only ? "; that it is mounted read-only here says nothing of the main "
                                     "container" : ", or mount it read-only");
    }
    if (f->by_owner) {
        return ig_format("Let uid 0 own %s, or add uid %" PRIu32 " to the policy's trustedUids.",
                         hop->path, f->id);
    }
    if (f->who == WORLD && mount != NULL && strcmp(mount->point, hop->path) == 0 &&
        ig_meta_is(&hop->meta, S_IFDIR) && ig_scene_on_volume(scene, hop)) {
        /* Nobody who writes a pod can change that mode. */
        return ig_format("Deliver into a folder of the volume and mount that one, with subPath: the "
                         "kubelet lets everybody write to the top of an emptyDir.");
    }
    return ig_format("Remove the write permission: chmod %s %s%s.", f->who == WORLD ? "o-w" : "g-w",
                     hop->path, hop->meta.acl_count > 0 ? " (and setfacl -b)" : "");
}

static void describe(const struct ig_scene *scene, const struct ig_hop *hop,
                     const struct finding *f, struct ig_trust *trust)
{
    struct ig_buf text = {0};
    const char *kind = ig_meta_is(&hop->meta, S_IFDIR) ? "the directory" :
                       hop->kind == IG_HOP_LINK ? "the symlink" : "the file";
    ig_buf_addf(&text, "%s %s ", kind, hop->path);
    if (f->by_owner) {
        ig_buf_addf(&text, "belongs to uid %" PRIu32, f->id);
    } else if (f->who == WORLD) {
        ig_buf_addf(&text, "may be written by anyone (mode %04o)", hop->meta.mode & 07777U);
    } else {
        ig_buf_addf(&text, "may be written by %s %" PRIu32 " (mode %04o%s)",
                    f->group ? "group" : "uid", f->id, hop->meta.mode & 07777U,
                    hop->meta.acl_count > 0 ? ", ACL" : "");
    }
    if (f->who == UNPACKER) {
        ig_buf_adds(&text, scene->unmapped && f->id == UNMAPPED_UID
                               ? ", an owner that this user namespace does not map"
                               : ", who owns all of this root (unpacked as that user?)");
    } else if (ig_scene_is_folder(scene, hop)) {
        ig_buf_addf(&text, ": the folder %s, not the image's own /", scene->root_name);
    } else if (f->who == OWN && !scene->run_as_known) {
        ig_buf_adds(&text, "; name the program's user with runAs to have this judged");
    } else if (f->who == OWN) {
        ig_buf_adds(&text, f->group && !ig_cred_in_group(&scene->run_as, f->id)
                               ? ", which counts as the program's own (OpenShift runs all with it)"
                               : ", with which the program runs");
    } else if (ig_scene_on_volume(scene, hop)) {
        ig_buf_adds(&text, ", on a volume");
    }
    trust->text = ig_buf_steal(&text);
    trust->fix = mend(scene, hop, f);
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

struct ig_trust ig_trust_judge(const struct ig_scene *scene, const struct ig_walk *walk,
                               enum ig_trust_rule rule)
{
    struct ig_trust trust = {.status = IG_STATUS_PASS};
    const struct ig_hop *worst = NULL;
    struct finding found = {0};
    uint32_t unpacker = unpacker_of(scene, walk);
    for (size_t i = 0; i < walk->count; i++) {
        struct finding f = judge_hop(scene, &walk->hops[i], unpacker);
        enum ig_outcome status = severity(scene, &walk->hops[i], &f, rule);
        if (status < trust.status) {
            trust.status = status;
            worst = &walk->hops[i];
            found = f;
        }
    }
    if (worst != NULL) {
        describe(scene, worst, &found, &trust);
    }
    const struct ig_hop *hidden = unreadable_acl(walk);
    if (hidden != NULL && trust.status != IG_STATUS_FAIL) {
        char words[160];
        ig_trust_free(&trust);
        trust.status = IG_STATUS_ERROR;
        trust.text = ig_format("the ACL of %s cannot be read: %s", hidden->path,
                               ig_errno_text(hidden->meta.acl_error, words, sizeof words));
        trust.fix = ig_strdup("Mount /proc in this container: ACLs are read through it.");
    }
    return trust;
}

void ig_trust_free(struct ig_trust *trust)
{
    free(trust->text);
    free(trust->fix);
    *trust = (struct ig_trust){0};
}
