/* SPDX-License-Identifier: Apache-2.0 */
/* A policy for a known-good state: what ig_verify() would have to see again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checks/scene.h"
#include "checks/target.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/text.h"
#include "crypto/digest.h"
#include "initgate.h"
#include "measure_volume.h"

struct measured {
    char *path;
    bool binary;      /* executable and a program: goes to "binaries", else to "files" */
    char digest[IG_SHA256_HEX + 1];
    char *interpreter;
    char mode[8];
    uint32_t uid, gid;
};

int ig_measure_name(const char *path, struct ig_error *e)
{
    unsigned rune;
    for (size_t i = 0, n = strlen(path); i < n;) {
        size_t step = ig_utf8_decode(path + i, n - i, &rune);
        if (step == 0) {
            IG_AUTO_FREE char *shown = ig_escaped(path);
            return ig_error_set(e, EINVAL, "%s: the name is not UTF-8, which JSON cannot hold",
                                shown);
        }
        i += step;
    }
    return 0;
}

/* A policy must not name a path twice. */
static bool is_there(const struct measured *list, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static int measure_one(const struct ig_scene *scene, const char *path, struct measured *m,
                       struct ig_error *e)
{
    struct ig_target target;
    IG_AUTO_FREE char *at = ig_scene_path(scene, path);
    ig_target_open(&target, scene->root, NULL, at);
    const struct ig_meta *meta = ig_target_meta(&target);
    int status = 0;
    if (meta == NULL) {
        status = ig_error_set(e, target.walk.error, "cannot be found");
    } else if (!ig_meta_is(meta, S_IFREG)) {
        status = ig_error_set(e, 0, "it is a %s, not a regular file", ig_meta_type(meta));
    } else if (ig_target_digest(&target, m->digest, e) != 0) {
        status = -1;
    } else if (ig_target_changed(&target, scene->root, e)) {
        status = -1;
    } else {
        const struct ig_image *image = meta->size > 0 ? ig_target_image(&target, e) : NULL;
        m->path = ig_path_normal(path);
        m->uid = meta->uid;
        m->gid = meta->gid;
        snprintf(m->mode, sizeof m->mode, "%04o", meta->mode & 07777U);
        /* A shared library is executable on many systems, and no program. */
        m->binary = image != NULL && (meta->mode & 0111) != 0 && image->refusal == 0 &&
                    image->broken_text == NULL;
        m->interpreter = m->binary && image->interp != NULL ? ig_strdup(image->interp) : NULL;
        status = meta->size > 0 && image == NULL ? -1 : 0;
    }
    ig_target_close(&target);
    return status;
}

static void write_binaries(struct ig_json *j, const struct measured *list, size_t count)
{
    ig_json_array(j, "binaries");
    for (size_t i = 0; i < count; i++) {
        if (!list[i].binary) {
            continue;
        }
        ig_json_object(j, NULL);
        ig_json_string(j, "path", list[i].path);
        ig_json_string(j, "sha256", list[i].digest);
        if (list[i].interpreter != NULL) {
            ig_json_string(j, "interpreter", list[i].interpreter);
        }
        ig_json_object_end(j);
    }
    ig_json_array_end(j);
}

static void write_files(struct ig_json *j, const struct measured *list, size_t count)
{
    ig_json_array(j, "files");
    for (size_t i = 0; i < count; i++) {
        if (list[i].binary) {
            continue;
        }
        ig_json_object(j, NULL);
        ig_json_string(j, "path", list[i].path);
        ig_json_string(j, "sha256", list[i].digest);
        ig_json_string(j, "mode", list[i].mode);
        ig_json_object(j, "owner");
        ig_json_uint(j, "uid", list[i].uid);
        ig_json_uint(j, "gid", list[i].gid);
        ig_json_object_end(j);
        ig_json_object_end(j);
    }
    ig_json_array_end(j);
}

static void write_policy(struct ig_buf *out, const struct measured *list, size_t count,
                         const struct ig_measured_volumes *volumes)
{
    struct ig_json j = {.out = out};
    size_t binaries = 0;
    for (size_t i = 0; i < count; i++) {
        binaries += list[i].binary;
    }
    ig_json_object(&j, NULL);
    ig_json_string(&j, "apiVersion", "initgate.dev/v1");
    ig_json_string(&j, "kind", "Policy");
    if (binaries > 0) {
        write_binaries(&j, list, count);
    }
    if (binaries < count) {
        write_files(&j, list, count);
    }
    ig_measured_volumes_write(volumes, &j);
    ig_json_object_end(&j);
}

int ig_measure(const char *const *paths, size_t count, const struct ig_measure_volumes *volumes,
               const struct ig_options *options, char **out, struct ig_error *e)
{
    struct ig_measured_volumes trees = {0};
    struct ig_scene scene;
    struct ig_policy *none = ig_policy_empty();
    struct measured *list = ig_alloc_array(count, sizeof *list);
    struct ig_buf text = {0};
    int status = ig_scene_open(&scene, none, options->root, NULL, e);
    bool opened = status == 0;
    if (opened && scene.root_fault != NULL) {
        status = ig_error_set(e, ENOENT, "%s", scene.root_fault);
    }
    size_t measured = 0;
    for (size_t i = 0; status == 0 && i < count; i++) {
        IG_AUTO_FREE char *path = ig_path_normal(paths[i]);
        status = ig_measure_name(paths[i], e);
        if (status != 0 || is_there(list, measured, path)) {
            continue;
        }
        /* Also where it fails half-way: what it holds by then must be freed. */
        if (measure_one(&scene, paths[i], &list[measured++], e) != 0) {
            status = ig_error_context(e, "%s", paths[i]);
        }
    }
    if (status == 0 && volumes != NULL) {
        status = ig_measure_volumes(&scene, volumes, &trees, e);
    }
    if (status == 0) {
        write_policy(&text, list, measured, &trees);
        *out = ig_buf_steal(&text);
    }
    for (size_t i = 0; i < count; i++) {
        free(list[i].path);
        free(list[i].interpreter);
    }
    free(list);
    ig_measured_volumes_free(&trees);
    if (opened) {
        ig_scene_close(&scene);
    }
    ig_policy_free(none);
    return status;
}
