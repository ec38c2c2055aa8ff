/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/check.h"
#include "checks/words.h"

static const struct ig_mount *stale_on_the_way(const struct ig_question *q,
                                               const struct ig_hop **where)
{
    const struct ig_walk *walk = &q->target->walk;
    for (size_t i = 0; i < walk->count; i++) {
        const struct ig_mount *mount = ig_scene_mount_of(q->scene, &walk->hops[i]);
        if (mount != NULL && mount->stale) {
            *where = &walk->hops[i];
            return mount;
        }
    }
    return NULL;
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    const struct ig_walk *walk = &q->target->walk;
    const struct ig_hop *where = NULL;
    if (!q->scene->mounts_known) {
        ig_result_set(r, IG_STATUS_ERROR, "The mounts of this container cannot be read: %s.",
                      q->scene->mounts_error.text);
        ig_result_fix(r, "Mount /proc in this container.");
        return;
    }
    struct ig_error e = {0};
    int covered = ig_scene_is_mount_point(q->scene, walk, &e);
    const struct ig_mount *stale = stale_on_the_way(q, &where);
    if (stale != NULL) {
        ig_result_set(r, IG_STATUS_FAIL,
                      "The mount on %s is stale: its source was removed or replaced after it was "
                      "mounted, and what is seen here is the old content.", stale->point);
        ig_result_observed(r, "%s//deleted", stale->root);
        ig_result_fix(r, "Delete the pod so that the volume is mounted anew; mount the whole "
                         "volume instead of a subPath where its content is replaced.");
    } else if (covered < 0) {
        ig_result_set(r, IG_STATUS_ERROR, "Whether a mount lies on the program is not known: %s.",
                      e.text);
        ig_result_fix(r, "See what keeps the gate from looking at %s.", walk->path);
    } else if (covered > 0 && !ig_scene_promises(q->scene, walk->path)) {
        ig_result_set(r, IG_STATUS_FAIL, "A mount lies on the program itself (%s), which the "
                                         "policy does not promise: it hides the image's file.",
                      walk->path);
        ig_result_expected(r, "no mount on %s", walk->path);
        ig_result_observed(r, "a mount on %s", walk->path);
        ig_result_fix(r, "Remove the mount, or list it under volumes with this mountPath if it is "
                         "meant.");
    } else if (!ig_say_noexec("The program", walk, r)) {
        ig_result_set(r, IG_STATUS_PASS, "No unexpected, stale or noexec mount lies on it.");
    }
}

static const char *const needs[] = {"binary.file", NULL};

const struct ig_check ig_check_binary_mount = {
    .spec = {.id = "binary.mount",
             .key = "mount",
             .kind = IG_KIND_BINARY,
             .summary = "no mount lies on the file itself that no volumes entry promises; its "
                        "mount is neither stale nor noexec"},
    .means = "The file is no mount point of its own unless a volumes entry promises one there; "
             "none of the mounts it is reached through is stale (mountinfo shows //deleted: the "
             "source of a subPath was replaced), and its own is not noexec.",
    .matters = "A bind mount on the program's path replaces it without touching the image. A "
               "stale subPath keeps showing the old program after an update. A noexec mount lets "
               "execve fail with EACCES.",
    .mend = "Remove the mount or promise it under volumes; delete the pod to mount a replaced "
            "subPath anew; deliver programs on a volume without noexec.",
    .needs = needs,
    .run = run,
};
