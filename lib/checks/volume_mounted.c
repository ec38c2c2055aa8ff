/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "checks/check.h"
#include "checks/volume.h"

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

static void judge_mounted(const struct ig_question *q, struct ig_result *r)
{
    const struct ig_volume *volume = q->volume;
    const struct mounted_params *p = q->setting->params;
    const struct ig_meta *meta = &ig_walk_final(&volume->walk)->meta;
    const char *at = volume->at;
    ig_result_observed(r, "%s, %s, %s", ig_meta_type(meta), volume->mount->fstype,
                       volume->mount->options);
    bool directory = ig_meta_is(meta, S_IFDIR);
    if ((p->kind == KIND_FILE && directory) || (p->kind == KIND_DIRECTORY && !directory)) {
        ig_result_set(r, IG_STATUS_FAIL, "What is mounted on %s is a %s, expected a %s.", at,
                      ig_meta_type(meta), kinds[p->kind - 1]);
        ig_result_expected(r, "%s", kinds[p->kind - 1]);
        ig_result_fix(r, directory ? "Check the subPath: a key or file that does not exist is "
                                     "mounted as an empty directory, without an error."
                                   : "Check the subPath, or correct the policy's kind.");
    } else if (p->fs_type != NULL && strcmp(p->fs_type, volume->mount->fstype) != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "The file system mounted on %s is %s, expected %s.", at,
                      volume->mount->fstype, p->fs_type);
        ig_result_expected(r, "%s", p->fs_type);
        ig_result_fix(r, "Check which volume the pod mounts there.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "It is mounted.");
    }
}

static void run_mounted(const struct ig_question *q, struct ig_result *r)
{
    if (ig_volume_is_mounted(q, r)) {
        judge_mounted(q, r);
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
