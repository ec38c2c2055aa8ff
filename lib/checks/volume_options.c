/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "checks/check.h"
#include "checks/volume.h"

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

static const char read_only_name[] = "read-only";

static bool option_differs(const char *name, enum ig_tri wanted, bool is, struct ig_result *r)
{
    if (wanted == IG_UNSET || (wanted == IG_TRUE) == is) {
        return false;
    }
    ig_result_set(r, IG_STATUS_FAIL, "It is %s%s, but the policy says that it is%s.",
                  is ? "" : "not ", name, is ? " not" : "");
    ig_result_expected(r, "%s%s", is ? "not " : "", name);
    if (strcmp(name, read_only_name) == 0) {
        ig_result_fix(r, "%s, or correct the policy.",
                      is ? "Remove readOnly from the volumeMount (ConfigMaps, Secrets and image "
                           "volumes are always read-only)"
                         : "Set readOnly on the volumeMount");
    } else {
        ig_result_fix(r, "Change the mount options of the node or of the storage class, from which "
                         "%s comes, or correct the policy.", name);
    }
    return true;
}

static void judge_options(const struct ig_question *q, const struct ig_mount *mount,
                          struct ig_result *r)
{
    const struct option_params *p = q->setting->params;
    ig_result_observed(r, "%s; %s", mount->options, mount->super_options);
    if (option_differs(read_only_name, p->read_only, read_only(mount), r) ||
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
    if (p->read_only == IG_UNSET && p->noexec == IG_UNSET && p->nosuid == IG_UNSET &&
        p->nodev == IG_UNSET) {
        ig_result_set(r, IG_STATUS_SKIP, "The policy promises no mount options.");
        return;
    }
    if (ig_volume_is_mounted(q, r)) {
        judge_options(q, q->volume->mount, r);
    }
}

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
    .needs = ig_volume_needs_mounted,
    .run = run_options,
};
