/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/volume.h"

#include <string.h>

#include "checks/check.h"
#include "checks/words.h"
#include "core/mem.h"
#include "fsroot/tree.h"

const char *const ig_volume_needs_mounted[] = {"volume.mounted", NULL};

static const struct ig_mount *mount_at(const struct ig_scene *scene, const struct ig_walk *walk)
{
    /* Some sandboxes (gVisor) tell no mount ids. */
    uint64_t id = ig_walk_final(walk)->meta.mnt_id;
    const struct ig_mount *mount = id != 0 ? ig_mounts_by_id(&scene->mounts, id)
                                           : ig_mounts_on(&scene->mounts, walk->path);
    return mount != NULL && strcmp(mount->point, walk->path) == 0 ? mount : NULL;
}

void ig_volume_open(struct ig_volume *volume, const struct ig_scene *scene,
                    const struct ig_subject *subject)
{
    *volume = (struct ig_volume){.opened = true, .at = ig_volume_at(subject)};
    if (ig_fsroot_walk(scene->own, volume->at, 0, &volume->walk) == 0 && scene->mounts_known) {
        volume->mount = mount_at(scene, &volume->walk);
    }
    ig_generation_open(&volume->generation, &volume->walk);
}

void ig_volume_close(struct ig_volume *volume)
{
    if (volume->opened) {
        ig_walk_free(&volume->walk);
        ig_tree_free(volume->quiet);
        ig_tree_free(volume->compared);
        ig_generation_close(&volume->generation);
    }
    *volume = (struct ig_volume){0};
}

bool ig_volume_seen(const struct ig_question *q, struct ig_result *r)
{
    if (!q->scene->mounts_known) {
        ig_result_set(r, IG_STATUS_ERROR, "The mounts of this container cannot be read: %s.",
                      q->scene->mounts_error.text);
        ig_result_fix(r, "Mount /proc in this container.");
        return false;
    }
    if (q->volume->walk.error == 0) {
        return true;
    }
    ig_say_not_found(q, "The volume", &q->volume->walk, r);
    if (r->status == IG_STATUS_FAIL) {
        ig_result_fix(r, "Mount the volume in the gate's container too (volumeMounts), or say with "
                         "\"at\" where it is.");
    }
    return false;
}

bool ig_volume_is_mounted(const struct ig_question *q, struct ig_result *r)
{
    if (!ig_volume_seen(q, r)) {
        return false;
    }
    if (q->volume->mount != NULL) {
        return true;
    }
    ig_result_set(r, IG_STATUS_FAIL, "Nothing is mounted on %s in this container: it is a %s of "
                                     "the image.", q->volume->at,
                  ig_meta_type(&ig_walk_final(&q->volume->walk)->meta));
    ig_result_expected(r, "a mount on %s", q->volume->at);
    ig_result_fix(r, "Add the volumeMount to the gate's container, or say with \"at\" where the "
                     "gate has it.");
    return false;
}

char *ig_volume_subpath(const struct ig_volume *volume)
{
    const char *rest = NULL;
    IG_AUTO_FREE char *kind =
        volume->mount != NULL ? ig_mount_kubelet_kind(volume->mount, &rest) : NULL;
    return kind != NULL && rest[0] == '/' ? ig_strdup(rest + 1) : NULL;
}
