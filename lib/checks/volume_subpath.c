/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "checks/check.h"
#include "checks/file.h"
#include "checks/volume.h"
#include "core/mem.h"
#include "core/text.h"

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

/* The entry of `binaries` or `files` that takes the mount point for a file, or NULL. */
static const struct ig_subject *file_on(const struct ig_question *q)
{
    const struct ig_policy *policy = q->scene->policy;
    for (size_t i = 0; i < policy->subject_count; i++) {
        const struct ig_subject *subject = &policy->subjects[i];
        if (subject->kind != IG_KIND_BINARY &&
            (subject->kind != IG_KIND_FILE || !ig_file_is_meant(subject))) {
            continue;
        }
        IG_AUTO_FREE char *path = ig_scene_path(q->scene, subject->path);
        IG_AUTO_FREE char *normal = ig_path_normal(path);
        if (strcmp(normal, q->subject->path) == 0) {
            return subject;
        }
    }
    return NULL;
}

static void say_directory(const struct ig_volume *volume, const struct ig_subject *file,
                          struct ig_result *r)
{
    const char *of = file->kind == IG_KIND_BINARY ? "binaries" : "files";
    IG_AUTO_FREE char *subpath = ig_volume_subpath(volume);
    IG_AUTO_FREE char *shown = subpath != NULL ? ig_escaped(subpath) : NULL;
    if (shown != NULL) {
        ig_result_set(r, IG_STATUS_FAIL, "A directory is mounted here, where the policy (%s) names a "
                                         "file: the volume has no file of the subPath \"%s\".", of,
                      shown);
    } else {
        ig_result_set(r, IG_STATUS_FAIL, "A directory is mounted here, where the policy (%s) names a "
                                         "file: the volume's root, or a subPath that is no file.",
                      of);
    }
    ig_result_expected(r, "a file");
    ig_result_fix(r, "Correct the subPath, or put the file there before it is mounted: where nothing "
                     "is, an empty directory is made and mounted, without an error.");
}

static void judge_subpath(const struct ig_question *q, struct ig_result *r)
{
    const struct ig_volume *volume = q->volume;
    bool directory = ig_meta_is(&ig_walk_final(&volume->walk)->meta, S_IFDIR);
    const struct ig_subject *file = directory ? file_on(q) : NULL;
    const char *key = NULL;
    const char *lacking = without_key(volume->mount, &key);
    ig_result_observed(r, "mount root %s%s", volume->mount->root,
                       volume->mount->stale ? " (deleted)" : "");
    if (volume->mount->stale) {
        ig_result_set(r, IG_STATUS_FAIL, "Its source was removed or replaced after it was mounted: "
                                         "this container keeps seeing the old content.");
        ig_result_expected(r, "a live source");
        ig_result_fix(r, "Delete the pod so that it is mounted anew, or mount the whole volume "
                         "instead of a subPath: a subPath does not follow updates.");
    } else if (lacking != NULL && directory) {
        ig_result_set(r, IG_STATUS_FAIL, "The subPath names the key \"%s\", which the %s does "
                                         "not have: the kubelet made an empty directory.",
                      key + 1, lacking);
        ig_result_expected(r, "an existing key");
        ig_result_fix(r, "Correct the subPath or add the key.");
    } else if (file != NULL) {
        say_directory(volume, file, r);
    } else {
        ig_result_set(r, IG_STATUS_PASS, "Its source is live.");
    }
}

static void run_subpath(const struct ig_question *q, struct ig_result *r)
{
    if (!ig_volume_seen(q, r)) {
        return;
    }
    if (q->volume->mount != NULL) {
        judge_subpath(q, r);
    } else {
        ig_result_set(r, IG_STATUS_SKIP, "Nothing is mounted here: there is no subPath.");
    }
}

const struct ig_check ig_check_volume_subpath = {
    .spec = {.id = "volume.subpath",
             .key = "subpath",
             .kind = IG_KIND_VOLUME,
             .summary = "the mount's source is live (no stale subPath), and no wrong subPath was "
                        "turned into a directory"},
    .means = "mountinfo does not end the mount's root in //deleted, a subPath of a ConfigMap leads "
             "to a key that exists, and no directory is mounted where an entry of binaries or files "
             "names a file.",
    .matters = "A subPath is bound once: when its source is replaced the container keeps the old "
               "content. A subPath that does not exist is mounted as an empty directory, "
               "without an error anywhere.",
    .mend = "Delete the pod to mount anew; mount the whole volume; correct the key.",
    .needs = ig_volume_needs_mounted,
    .run = run_subpath,
};
