/* SPDX-License-Identifier: Apache-2.0 */
#include "measure_volume.h"

#include <errno.h>
#include <string.h>

#include "checks/generation.h"
#include "core/mem.h"
#include "core/text.h"
#include "tree/content.h"
#include "tree/manifest.h"

struct ig_measured_volume {
    char *path;     /* where the policy says it is mounted */
    char *at;       /* where this process has it; NULL where the same */
    bool mounted;
    char digest[IG_SHA256_HEX + 1];
};

/* A policy must not promise what this state does not hold: anything that could not be read, another
 * mount, a change meanwhile ends the measuring. */
static int check_entries(const struct ig_tree *tree, struct ig_error *e)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct ig_tree_entry *entry = tree->entries[i];
        IG_AUTO_FREE char *problem = ig_tree_problem(entry);
        if (problem == NULL && (entry->flags & IG_TREE_MOUNT) == 0) {
            continue;
        }
        struct ig_buf path = {0};
        ig_tree_path(entry, &path);
        IG_AUTO_FREE char *shown = ig_escaped(path.data);
        ig_buf_free(&path);
        return ig_error_set(e, entry->error, "%s %s", shown,
                            problem != NULL ? problem : "is another mount: leave it out with "
                                                        "--ignore");
    }
    return 0;
}

static void report(void *context, const char *path, enum ig_tree_again what, int number)
{
    static const char *const words[] = {
        [IG_TREE_APPEARED] = "appeared",
        [IG_TREE_VANISHED] = "vanished",
        [IG_TREE_MOVED] = "changed",
        [IG_TREE_TOUCHED] = "changed",
        [IG_TREE_UNKNOWN] = "could not be read again",
    };
    struct ig_error *e = context;
    IG_AUTO_FREE char *shown = ig_escaped(path);
    if (e->text[0] == '\0') {
        ig_error_set(e, what == IG_TREE_UNKNOWN ? number : 0, "%s %s while it was measured",
                     *shown != '\0' ? shown : "the folder itself", words[what]);
    }
}

struct sink {
    const struct ig_measure_volumes *asked;
    struct ig_sha256_stream *stream;
};

static int take(void *context, const char *data, size_t size, struct ig_error *e)
{
    const struct sink *sink = context;
    ig_sha256_add(sink->stream, data, size);
    return sink->asked->write != NULL ? sink->asked->write(sink->asked->context, data, size, e) : 0;
}

static int digest_tree(const struct ig_measure_volumes *asked, const struct ig_tree *tree,
                       struct ig_measured_volume *m, struct ig_error *e)
{
    struct sink sink = {asked, ig_sha256_begin()};
    struct ig_sha256 digest;
    unsigned without = (asked->without_owner ? (unsigned)IG_WITHOUT_OWNER : 0) |
                       (asked->without_mode ? (unsigned)IG_WITHOUT_MODE : 0);
    int written = ig_manifest_write(tree, without, take, &sink, e);
    int ended = ig_sha256_end(sink.stream, &digest, written == 0 ? e : NULL);
    if (written != 0 || ended != 0) {
        return -1;
    }
    ig_sha256_hex(&digest, m->digest);
    return 0;
}

static int measure_tree(const struct ig_scene *scene, const struct ig_measure_volumes *asked,
                        int dir, struct ig_measured_volume *m, struct ig_error *e)
{
    struct ig_tree_options options = {
        .threads = scene->cpus,
        .ignore = asked->ignore,
        .ignore_count = asked->ignore_count,
    };
    struct ig_tree *tree = NULL;
    struct ig_error moved = {0};
    if (ig_tree_list(dir, &options, &tree, e) != 0) {
        return -1;
    }
    ig_tree_read_content(tree, NULL, NULL);
    int status = check_entries(tree, e);
    if (status == 0) {
        ig_tree_look_again(tree, report, &moved);
        if (moved.text[0] != '\0') {
            *e = moved;
            status = -1;
        }
    }
    if (status == 0) {
        status = digest_tree(asked, tree, m, e);
    }
    ig_tree_free(tree);
    return status;
}

/* Where this process has what WALK led to in the scene's root. */
static char *own_path(const struct ig_scene *scene, const struct ig_walk *walk)
{
    if (!scene->rooted || scene->root_path == NULL) {
        return ig_strdup(walk->path);
    }
    IG_AUTO_FREE char *path = ig_format("%s/%s", scene->root_path, walk->path);
    return ig_path_normal(path);
}

static bool is_mounted(const struct ig_scene *scene, const struct ig_walk *walk, const char *own)
{
    uint64_t id = ig_walk_final(walk)->meta.mnt_id;
    const struct ig_mount *mount = !scene->mounts_known ? NULL
                                   : id != 0            ? ig_mounts_by_id(&scene->mounts, id)
                                                        : ig_mounts_on(&scene->mounts, own);
    return mount != NULL && strcmp(mount->point, own) == 0;
}

/* The folder itself, or what volume.tree takes for it: the generation of a ConfigMap and its like. */
static int measure_generation(const struct ig_scene *scene, const struct ig_measure_volumes *asked,
                              const struct ig_walk *walk, struct ig_measured_volume *m,
                              struct ig_error *e)
{
    struct ig_generation generation;
    ig_generation_open(&generation, walk);
    struct ig_names strangers;
    int all = ig_generation_is_all(&generation, walk->fd, &strangers, e);
    ig_names_free(&strangers);
    int fd = all == 1 ? generation.data.fd : walk->fd;
    int status = all < 0 ? -1 : measure_tree(scene, asked, fd, m, e);
    ig_generation_close(&generation);
    return status;
}

static int measure_walked(const struct ig_scene *scene, const struct ig_measure_volumes *asked,
                          const struct ig_walk *walk, struct ig_measured_volume *m,
                          struct ig_error *e)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    if (!ig_meta_is(meta, S_IFDIR)) {
        return ig_error_set(e, ENOTDIR, "it is a %s", ig_meta_type(meta));
    }
    if (ig_measure_name(walk->path, e) != 0) {
        return -1;
    }
    IG_AUTO_FREE char *own = own_path(scene, walk);
    m->path = ig_strdup(walk->path);
    m->mounted = is_mounted(scene, walk, own);
    m->at = strcmp(own, walk->path) != 0 ? ig_strdup(own) : NULL;
    return measure_generation(scene, asked, walk, m, e);
}

static int measure_one(const struct ig_scene *scene, const struct ig_measure_volumes *asked,
                       const char *path, struct ig_measured_volume *m, struct ig_error *e)
{
    struct ig_walk walk;
    IG_AUTO_FREE char *at = ig_scene_path(scene, path);
    int status = ig_fsroot_walk(scene->root, at, 0, &walk);
    status = status != 0 ? ig_error_set(e, walk.error, "cannot be found")
                         : measure_walked(scene, asked, &walk, m, e);
    ig_walk_free(&walk);
    return status != 0 ? ig_error_context(e, "%s", path) : 0;
}

int ig_measure_volumes(const struct ig_scene *scene, const struct ig_measure_volumes *asked,
                       struct ig_measured_volumes *out, struct ig_error *e)
{
    out->asked = asked;
    out->list = ig_alloc_array(asked->count, sizeof *out->list);
    for (size_t i = 0; i < asked->ignore_count; i++) {
        if (ig_measure_name(asked->ignore[i], e) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < asked->count; i++) {
        struct ig_measured_volume *m = &out->list[out->count++];
        if (measure_one(scene, asked, asked->paths[i], m, e) != 0) {
            return -1;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(out->list[j].path, m->path) == 0) {
                return ig_error_set(e, 0, "%s is named twice", m->path);
            }
        }
    }
    return 0;
}

static void write_tree(const struct ig_measure_volumes *asked, const struct ig_measured_volume *m,
                       struct ig_json *j)
{
    ig_json_object(j, "tree");
    ig_json_string(j, "sha256", m->digest);
    if (asked->manifest != NULL) {
        ig_json_string(j, "manifest", asked->manifest);
    }
    if (asked->without_owner) {
        ig_json_bool(j, "owner", false);
    }
    if (asked->without_mode) {
        ig_json_bool(j, "mode", false);
    }
    if (asked->ignore_count > 0) {
        ig_json_array(j, "ignore");
        for (size_t i = 0; i < asked->ignore_count; i++) {
            ig_json_string(j, NULL, asked->ignore[i]);
        }
        ig_json_array_end(j);
    }
    ig_json_object_end(j);
}

void ig_measured_volumes_write(const struct ig_measured_volumes *volumes, struct ig_json *j)
{
    if (volumes->count == 0) {
        return;
    }
    ig_json_array(j, "volumes");
    for (size_t i = 0; i < volumes->count; i++) {
        const struct ig_measured_volume *m = &volumes->list[i];
        ig_json_object(j, NULL);
        ig_json_string(j, "mountPath", m->path);
        if (m->at != NULL) {
            ig_json_string(j, "at", m->at);
        }
        if (!m->mounted) {
            ig_json_bool(j, "mounted", false);
        }
        write_tree(volumes->asked, m, j);
        ig_json_object_end(j);
    }
    ig_json_array_end(j);
}

void ig_measured_volumes_free(struct ig_measured_volumes *volumes)
{
    for (size_t i = 0; i < volumes->count; i++) {
        free(volumes->list[i].path);
        free(volumes->list[i].at);
    }
    free(volumes->list);
}
