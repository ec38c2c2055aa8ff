/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "checks/check.h"
#include "checks/volume.h"
#include "core/mem.h"
#include "core/text.h"
#include "fsroot/list.h"

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

/* containerd binds ".../snapshots/N/fs" of its overlay snapshotter where an image volume has no layers
 * (plugins/snapshots/overlay/overlay.go), else it binds an overlay's root; CRI-O mounts an overlay
 * without an upper layer (server/container_create_linux.go). All are read-only. An emptyDir or
 * hostPath on a node whose own root is an overlay has a path in it as its root. */
static bool is_image_volume(const struct ig_mount *mount)
{
    static const char snapshots[] = "/snapshots/";
    if (!ig_options_have(mount->options, "ro") && !ig_options_have(mount->super_options, "ro")) {
        return false;
    }
    if (strcmp(mount->fstype, "overlay") == 0 && strcmp(mount->root, "/") == 0) {
        return true;
    }
    const char *number = NULL;
    for (const char *at = mount->root; (at = strstr(at, snapshots)) != NULL;) {
        at += sizeof snapshots - 1;
        number = at;
    }
    size_t digits = number != NULL ? strspn(number, "0123456789") : 0;
    return digits > 0 && strcmp(number + digits, "/fs") == 0;
}

/* What may not be listed is not known to be empty. */
static bool is_empty(const struct ig_volume *volume)
{
    struct ig_names names;
    bool empty = ig_names_read(volume->walk.fd, &names) == 0 && names.count == 0;
    ig_names_free(&names);
    return empty;
}

static void say_wrong_kind(const struct ig_volume *volume, int wanted, struct ig_result *r)
{
    const struct ig_meta *meta = &ig_walk_final(&volume->walk)->meta;
    IG_AUTO_FREE char *subpath = ig_volume_subpath(volume);
    IG_AUTO_FREE char *shown = subpath != NULL ? ig_escaped(subpath) : NULL;
    ig_result_set(r, IG_STATUS_FAIL, "What is mounted on %s is a %s, expected a %s.", volume->at,
                  ig_meta_type(meta), kinds[wanted - 1]);
    ig_result_expected(r, "%s", kinds[wanted - 1]);
    if (wanted == KIND_DIRECTORY) {
        ig_result_fix(r, "Check the subPath, or correct the policy's kind.");
    } else {
        ig_result_fix(r, "Check the subPath%s%s%s: a key or file that does not exist is mounted as "
                         "an empty directory, without an error.", shown != NULL ? " \"" : "",
                      shown != NULL ? shown : "", shown != NULL ? "\"" : "");
    }
}

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
        say_wrong_kind(volume, p->kind, r);
    } else if (p->fs_type != NULL && strcmp(p->fs_type, volume->mount->fstype) != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "The file system mounted on %s is %s, expected %s.", at,
                      volume->mount->fstype, p->fs_type);
        ig_result_expected(r, "%s", p->fs_type);
        ig_result_fix(r, "Check which volume the pod mounts there.");
    } else if (directory && is_image_volume(volume->mount) && is_empty(volume)) {
        ig_result_set(r, IG_STATUS_FAIL, "It is an empty image volume: a reference that names an OCI "
                                         "artifact which is no image mounts as an empty folder, "
                                         "without an error.");
        ig_result_expected(r, "the files of an image");
        ig_result_fix(r, "Correct the volume's image reference: name an image, by digest.");
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
             .summary = "something is mounted on mountPath, of the kind and type asked, and no empty "
                        "image volume",
             .params = mounted_params,
             .params_size = sizeof(struct mounted_params)},
    .means = "mountPath (or \"at\", where the gate's container has the volume elsewhere) is a "
             "mount point of this container, a directory or file as asked, of the file system type "
             "asked; and it is no image volume without a single file.",
    .matters = "A forgotten volumeMount leaves the image's own folder there; the program starts and "
               "works on nothing, or on last year's data. An image volume whose reference names an OCI "
               "artifact that is no image is an empty folder, and nothing says so.",
    .mend = "Add the volumeMount; correct mountPath, \"at\", the subPath or the image reference.",
    .run = run_mounted,
};
