/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "checks/check.h"
#include "checks/words.h"
#include "core/mem.h"

/* The volume as the gate's own container has it. */
struct view {
    struct ig_walk walk;
    const struct ig_mount *mount;  /* NULL where nothing is mounted there */
};

static bool look(const struct ig_question *q, struct view *view, struct ig_result *r)
{
    const char *at = ig_volume_at(q->subject);
    if (!q->scene->mounts_known) {
        ig_result_set(r, IG_STATUS_ERROR, "The mounts of this container cannot be read: %s.",
                      q->scene->mounts_error.text);
        ig_result_fix(r, "Mount /proc in this container.");
        return false;
    }
    view->mount = NULL;
    if (ig_fsroot_walk(q->scene->own, at, 0, &view->walk) != 0) {
        ig_say_not_found(q, "The volume", &view->walk, r);
        if (r->status == IG_STATUS_FAIL) {
            ig_result_fix(r, "Mount the volume in the gate's container too (volumeMounts), or say "
                             "with \"at\" where it is.");
        }
        ig_walk_free(&view->walk);
        return false;
    }
    const struct ig_hop *final = ig_walk_final(&view->walk);
    /* Some sandboxes (gVisor) tell no mount ids. */
    const struct ig_mount *mount = final->meta.mnt_id != 0
                                       ? ig_mounts_by_id(&q->scene->mounts, final->meta.mnt_id)
                                       : ig_mounts_on(&q->scene->mounts, view->walk.path);
    if (mount != NULL && strcmp(mount->point, view->walk.path) == 0) {
        view->mount = mount;
    }
    return true;
}

enum volume_kind { KIND_UNSET, KIND_DIRECTORY, KIND_FILE };

struct mounted_params {
    int kind;
    char *fs_type;
};

static const char *const kinds[] = {"directory", "file", NULL};

static const struct ig_param mounted_params[] = {
    {.name = "kind", .type = IG_TYPE_ENUM, .values = kinds,
     .offset = offsetof(struct mounted_params, kind),
     .summary = "directory or file (a subPath of a file)"},
    {.name = "type", .type = IG_TYPE_STRING, .offset = offsetof(struct mounted_params, fs_type),
     .summary = "file system type as mountinfo shows it, for instance tmpfs or ext4"},
    {0},
};

static void say_not_mounted(const struct ig_question *q, const struct view *view,
                            struct ig_result *r)
{
    const char *at = ig_volume_at(q->subject);
    ig_result_set(r, IG_STATUS_FAIL, "Nothing is mounted on %s in this container: it is a %s of "
                                     "the image.", at,
                  ig_meta_type(&ig_walk_final(&view->walk)->meta));
    ig_result_expected(r, "a mount on %s", at);
    ig_result_fix(r, "Add the volumeMount to the gate's container, or say with \"at\" where the "
                     "gate has it.");
}

static void judge_mounted(const struct ig_question *q, const struct view *view,
                          struct ig_result *r)
{
    const struct mounted_params *p = q->setting->params;
    const struct ig_meta *meta = &ig_walk_final(&view->walk)->meta;
    const char *at = ig_volume_at(q->subject);
    if (view->mount == NULL) {
        say_not_mounted(q, view, r);
        return;
    }
    ig_result_observed(r, "%s, %s, %s", ig_meta_type(meta), view->mount->fstype,
                       view->mount->options);
    bool directory = ig_meta_is(meta, S_IFDIR);
    if ((p->kind == KIND_FILE && directory) || (p->kind == KIND_DIRECTORY && !directory)) {
        ig_result_set(r, IG_STATUS_FAIL, "What is mounted on %s is a %s, expected a %s.", at,
                      ig_meta_type(meta), kinds[p->kind - 1]);
        ig_result_expected(r, "%s", kinds[p->kind - 1]);
        ig_result_fix(r, directory ? "Check the subPath: a key or file that does not exist is "
                                     "mounted as an empty directory, without an error."
                                   : "Check the subPath, or correct the policy's kind.");
    } else if (p->fs_type != NULL && strcmp(p->fs_type, view->mount->fstype) != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "The file system mounted on %s is %s, expected %s.", at,
                      view->mount->fstype, p->fs_type);
        ig_result_expected(r, "%s", p->fs_type);
        ig_result_fix(r, "Check which volume the pod mounts there.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "It is mounted.");
    }
}

static void run_mounted(const struct ig_question *q, struct ig_result *r)
{
    struct view view;
    if (look(q, &view, r)) {
        judge_mounted(q, &view, r);
        ig_walk_free(&view.walk);
    }
}

const struct ig_check ig_check_volume_mounted = {
    .spec = {.id = "volume.mounted",
             .key = "mounted",
             .kind = IG_KIND_VOLUME,
             .summary = "something is mounted on mountPath, of the kind and type asked",
             .params = mounted_params,
             .params_size = sizeof(struct mounted_params)},
    .means = "mountPath (or \"at\", where the gate's container has the volume elsewhere) is a "
             "mount point of this container, a directory or file as asked, of the file system type "
             "asked.",
    .matters = "A forgotten volumeMount leaves the image's own folder there; the program starts and "
               "works on nothing, or on last year's data.",
    .mend = "Add the volumeMount; correct mountPath, \"at\" or the subPath.",
    .run = run_mounted,
};

struct option_params {
    enum ig_tri read_only, noexec, nosuid, nodev;
};

static const struct ig_param option_params[] = {
    {.name = "readOnly", .type = IG_TYPE_BOOL, .lifted = true,
     .offset = offsetof(struct option_params, read_only), .summary = "mounted read-only"},
    {.name = "noexec", .type = IG_TYPE_BOOL, .offset = offsetof(struct option_params, noexec),
     .summary = "programs on it cannot be executed"},
    {.name = "nosuid", .type = IG_TYPE_BOOL, .offset = offsetof(struct option_params, nosuid),
     .summary = "set-id bits and file capabilities have no effect"},
    {.name = "nodev", .type = IG_TYPE_BOOL, .offset = offsetof(struct option_params, nodev),
     .summary = "device files have no effect"},
    {0},
};

static bool read_only(const struct ig_mount *mount)
{
    return ig_options_have(mount->options, "ro") || ig_options_have(mount->super_options, "ro");
}

/* A volume on a folder of this one is judged by its own entry. */
static bool has_own_entry(const struct ig_question *q, const struct ig_mount *mount)
{
    const struct ig_policy *policy = q->scene->policy;
    for (size_t i = 0; i < policy->subject_count; i++) {
        const struct ig_subject *subject = &policy->subjects[i];
        if (subject->kind == IG_KIND_VOLUME && strcmp(ig_volume_at(subject), mount->point) == 0) {
            return true;
        }
    }
    return false;
}

/* A plain read-only mount leaves mounts below it writable (recursiveReadOnly makes them so too). */
static const struct ig_mount *writable_below(const struct ig_question *q,
                                             const struct ig_mount *mount)
{
    for (size_t i = 0; i < q->scene->mounts.count; i++) {
        const struct ig_mount *other = &q->scene->mounts.list[i];
        if (other != mount && ig_path_below(other->point, mount->point) &&
            strcmp(other->point, mount->point) != 0 && !read_only(other) &&
            !has_own_entry(q, other)) {
            return other;
        }
    }
    return NULL;
}

static bool option_differs(const char *name, enum ig_tri wanted, bool is, struct ig_result *r)
{
    if (wanted == IG_UNSET || (wanted == IG_TRUE) == is) {
        return false;
    }
    ig_result_set(r, IG_STATUS_FAIL, "It is %s%s, which the policy promises otherwise.",
                  is ? "" : "not ", name);
    ig_result_expected(r, "%s%s", wanted == IG_TRUE ? "" : "not ", name);
    ig_result_fix(r, "Set readOnly on the volumeMount, or correct the policy. noexec, nosuid and "
                     "nodev come from the node's or the storage class's mount options.");
    return true;
}

static void judge_options(const struct ig_question *q, const struct ig_mount *mount,
                          struct ig_result *r)
{
    const struct option_params *p = q->setting->params;
    ig_result_observed(r, "%s; %s", mount->options, mount->super_options);
    if (option_differs("read-only", p->read_only, read_only(mount), r) ||
        option_differs("noexec", p->noexec, ig_options_have(mount->options, "noexec"), r) ||
        option_differs("nosuid", p->nosuid, ig_options_have(mount->options, "nosuid"), r) ||
        option_differs("nodev", p->nodev, ig_options_have(mount->options, "nodev"), r)) {
        return;
    }
    const struct ig_mount *open = p->read_only == IG_TRUE ? writable_below(q, mount) : NULL;
    if (open != NULL) {
        ig_result_set(r, IG_STATUS_FAIL, "It is read-only, but the mount %s below it is writable.",
                      open->point);
        ig_result_expected(r, "read-only, mounts below included");
        ig_result_fix(r, "Set recursiveReadOnly: Enabled on the volumeMount.");
        return;
    }
    ig_result_set(r, IG_STATUS_PASS, "It is mounted with the options promised.");
}

static void run_options(const struct ig_question *q, struct ig_result *r)
{
    const struct option_params *p = q->setting->params;
    struct view view;
    if (p->read_only == IG_UNSET && p->noexec == IG_UNSET && p->nosuid == IG_UNSET &&
        p->nodev == IG_UNSET) {
        ig_result_set(r, IG_STATUS_SKIP, "The policy promises no mount options.");
        return;
    }
    if (look(q, &view, r)) {
        if (view.mount != NULL) {
            judge_options(q, view.mount, r);
        } else {
            say_not_mounted(q, &view, r);
        }
        ig_walk_free(&view.walk);
    }
}

static const char *const needs_mounted[] = {"volume.mounted", NULL};

const struct ig_check ig_check_volume_options = {
    .spec = {.id = "volume.options",
             .key = "options",
             .kind = IG_KIND_VOLUME,
             .summary = "mounted readOnly, noexec, nosuid and nodev as promised",
             .params = option_params,
             .params_size = sizeof(struct option_params)},
    .means = "The mount options that this container sees on the volume are those that the policy "
             "names; a read-only volume must have no writable mount below it.",
    .matters = "What is not read-only here may be changed between this check and the start of the "
               "main container. A noexec volume cannot deliver programs.",
    .mend = "Set readOnly (and recursiveReadOnly) on the volumeMount, or correct the policy.",
    .needs = needs_mounted,
    .run = run_options,
};

/* The kubelet lays ConfigMap volumes out as ..TIMESTAMP/key, and mounts a subPath of an existing
 * key from there. A root that names the key directly was made by the kubelet itself, as an empty
 * directory, because the key does not exist (kubernetes#126186). What lacks KEY, or NULL. */
static const char *without_key(const struct ig_mount *mount, const char **key)
{
    static const struct {
        const char *kind, *words;
    } made_of_keys[] = {
        {"configmap", "ConfigMap"},
        {"secret", "Secret"},
        {"projected", "projected volume"},
        {"downward-api", "downward API volume"},
    };
    IG_AUTO_FREE char *kind = ig_mount_kubelet_kind(mount, key);
    for (size_t i = 0; kind != NULL && i < IG_COUNT(made_of_keys); i++) {
        if (strcmp(kind, made_of_keys[i].kind) == 0 && (*key)[0] == '/' &&
            strncmp(*key, "/..", 3) != 0) {
            return made_of_keys[i].words;
        }
    }
    return NULL;
}

static void judge_subpath(const struct view *view, struct ig_result *r)
{
    const char *key = NULL;
    const char *lacking = without_key(view->mount, &key);
    ig_result_observed(r, "mount root %s%s", view->mount->root,
                       view->mount->stale ? " (deleted)" : "");
    if (view->mount->stale) {
        ig_result_set(r, IG_STATUS_FAIL, "Its source was removed or replaced after it was mounted: "
                                         "this container keeps seeing the old content.");
        ig_result_expected(r, "a live source");
        ig_result_fix(r, "Delete the pod so that it is mounted anew, or mount the whole volume "
                         "instead of a subPath: a subPath does not follow updates.");
    } else if (lacking != NULL &&
               ig_meta_is(&ig_walk_final(&view->walk)->meta, S_IFDIR)) {
        ig_result_set(r, IG_STATUS_FAIL, "The subPath names the key \"%s\", which the %s does "
                                         "not have: the kubelet made an empty directory.",
                      key + 1, lacking);
        ig_result_expected(r, "an existing key");
        ig_result_fix(r, "Correct the subPath or add the key.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "Its source is live.");
    }
}

static void run_subpath(const struct ig_question *q, struct ig_result *r)
{
    struct view view;
    if (look(q, &view, r)) {
        if (view.mount != NULL) {
            judge_subpath(&view, r);
        } else {
            say_not_mounted(q, &view, r);
        }
        ig_walk_free(&view.walk);
    }
}

const struct ig_check ig_check_volume_subpath = {
    .spec = {.id = "volume.subpath",
             .key = "subpath",
             .kind = IG_KIND_VOLUME,
             .summary = "the mount's source is live (no stale subPath), and no wrong subPath key "
                        "was turned into a directory"},
    .means = "mountinfo does not end the mount's root in //deleted, and a subPath of a ConfigMap "
             "leads to a key that exists.",
    .matters = "A subPath is bound once: when its source is replaced the container keeps the old "
               "content. A subPath key that does not exist is mounted as an empty directory, "
               "without an error anywhere.",
    .mend = "Delete the pod to mount anew; mount the whole volume; correct the key.",
    .needs = needs_mounted,
    .run = run_subpath,
};
