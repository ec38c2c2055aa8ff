/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/volume.h"
#include "checks/words.h"
#include "core/mem.h"
#include "core/text.h"
#include "crypto/digest.h"
#include "fsroot/tree.h"

enum shadows_expect { EXPECT_UNSET, EXPECT_DENY, EXPECT_ANY };

struct shadows_params {
    int expect;
};

static const char *const expectations[] = {"deny", "any", NULL};

static const struct ig_param shadows_params[] = {
    {.name = "expect", .type = IG_TYPE_ENUM, .values = expectations, .short_form = true,
     .offset = offsetof(struct shadows_params, expect),
     .summary = "deny (default): the volume must not hide anything of the image; any: only tell"},
    {0},
};

/* The image's folder and the volume that is mounted on it, entry by entry. */
struct overlap {
    const struct ig_question *q;
    struct ig_tree *image;
    struct ig_result *r;
    struct ig_buf path;     /* of the entry at hand, in the folder */
    size_t compared;
    bool read;              /* the content of the entry at hand was */
    const char *covered;    /* a mount of the gate's own in that folder: what the image has there
                               is not in sight; borrowed */
    char *problem;          /* why something could not be compared; NULL */
    int problem_errno;      /* where it is an errno; else 0 */
};

static void hidden(struct overlap *o, const char *kind, const char *detail)
{
    ig_result_item(o->r, kind, ig_buf_text(&o->path), detail);
}

static void not_comparable(struct overlap *o, const char *whose, const char *why)
{
    if (o->problem == NULL) {
        IG_AUTO_FREE char *shown = ig_escaped(ig_buf_text(&o->path));
        o->problem = ig_format("%s%s %s", whose, shown, why);
    }
}

static void not_readable(struct overlap *o, const char *whose, const struct ig_error *e)
{
    char text[128];
    IG_AUTO_FREE char *why = ig_format(
        "cannot be read: %s", e->number != 0 ? ig_errno_text(e->number, text, sizeof text) : e->text);
    o->problem_errno = o->problem == NULL ? e->number : o->problem_errno;
    not_comparable(o, whose, why);
}

static int digest(const struct overlap *o, const struct ig_walk *walk, struct ig_sha256 *out,
                  struct ig_error *e)
{
    struct ig_scene *scene = (struct ig_scene *)o->q->scene;
    unsigned long long size = 0;
    IG_AUTO_CLOSE int fd = ig_walk_open(walk, e);
    uint64_t listed = ig_walk_final(walk)->meta.size;
    if (fd < 0 || ig_sha256_fd(fd, listed, &scene->progress, out, &size, e) != 0) {
        return -1;
    }
    return size == listed ? 0 : ig_error_set(e, EAGAIN, "it changed");
}

/* Two regular files. */
static void compare_content(struct overlap *o, const struct ig_walk *image,
                            const struct ig_walk *volume)
{
    struct ig_sha256 of_image;
    struct ig_sha256 of_volume;
    struct ig_error e = {0};
    uint64_t size = ig_walk_final(image)->meta.size;
    if (size != ig_walk_final(volume)->meta.size) {
        hidden(o, "changed", "size");
        return;
    }
    o->read = true;
    if (size == 0) {
        return;
    }
    if (digest(o, image, &of_image, &e) != 0) {
        not_readable(o, "the image's ", &e);
    } else if (digest(o, volume, &of_volume, &e) != 0) {
        not_readable(o, "the volume's ", &e);
    } else if (memcmp(&of_image, &of_volume, sizeof of_image) != 0) {
        hidden(o, "changed", "content");
    }
}

static void compare_links(struct overlap *o, const struct ig_walk *image,
                          const struct ig_walk *volume)
{
    const struct ig_scene *scene = o->q->scene;
    IG_AUTO_FREE char *of_image = NULL;
    IG_AUTO_FREE char *of_volume = NULL;
    struct ig_error e = {0};
    if (ig_fsroot_readlink(ig_scene_image(scene), image->path, &of_image, &e) != 0 ||
        ig_fsroot_readlink(scene->root, volume->path, &of_volume, &e) != 0) {
        not_readable(o, "", &e);
    } else if (strcmp(of_image, of_volume) != 0) {
        hidden(o, "changed", "link target");
    }
}

/* VOLUME is what the main container finds in the place of IMAGE. */
static void compare_found(struct overlap *o, const struct ig_walk *image,
                          const struct ig_walk *volume)
{
    const struct ig_meta *is = &ig_walk_final(image)->meta;
    const struct ig_meta *now = &ig_walk_final(volume)->meta;
    if ((is->mode & S_IFMT) != (now->mode & S_IFMT)) {
        IG_AUTO_FREE char *types =
            ig_format("%s, on the volume %s", ig_meta_type(is), ig_meta_type(now));
        hidden(o, "changed", types);
    } else if (ig_meta_is(is, S_IFREG)) {
        compare_content(o, image, volume);
    } else if (ig_meta_is(is, S_IFLNK)) {
        compare_links(o, image, volume);
    }
}

static void compare_path(struct overlap *o, const char *of_image)
{
    const struct ig_scene *scene = o->q->scene;
    struct ig_walk image;
    struct ig_walk volume = {.fd = -1, .parent_fd = -1};
    struct ig_walk target = {.fd = -1, .parent_fd = -1};
    struct ig_error e = {0};
    IG_AUTO_FREE char *path = ig_format("%s/%s", o->q->subject->path, ig_buf_text(&o->path));
    o->compared++;
    if (ig_fsroot_walk(ig_scene_image(scene), of_image, IG_WALK_NOFOLLOW, &image) != 0) {
        e.number = image.error;
        not_readable(o, "the image's ", &e);
    } else if (ig_fsroot_walk(scene->root, path, IG_WALK_NOFOLLOW, &volume) != 0) {
        if (volume.error == ENOENT || volume.error == ENOTDIR) {
            hidden(o, "missing", NULL);
        } else {
            e.number = volume.error;
            not_readable(o, "the volume's ", &e);
        }
    } else {
        /* A ConfigMap's keys are links to files. */
        bool through = ig_meta_is(&ig_walk_final(&volume)->meta, S_IFLNK) &&
                       !ig_meta_is(&ig_walk_final(&image)->meta, S_IFLNK) &&
                       ig_fsroot_walk(scene->root, path, 0, &target) == 0;
        compare_found(o, &image, through ? &target : &volume);
    }
    ig_walk_free(&image);
    ig_walk_free(&volume);
    ig_walk_free(&target);
}

/* Each file's bytes are expected from both sides, but not where one look tells that they differ. */
static void count_file(const struct overlap *o, const struct ig_tree_entry *entry)
{
    struct ig_scene *scene = (struct ig_scene *)o->q->scene;
    if (S_ISREG(entry->mode) && (entry->flags & IG_TREE_MOUNT) == 0) {
        atomic_fetch_add(&scene->files, 1);
        atomic_fetch_sub(&scene->bytes_total, o->read ? 0 : 2 * entry->size);
    }
}

/* A runtime makes the folders above a mount point where the image has none. */
static bool leads_to_a_mount(const struct overlap *o, const char *of_image)
{
    const struct ig_scene *scene = o->q->scene;
    IG_AUTO_FREE char *own = ig_format("%s%s", scene->rooted && scene->root_path != NULL &&
                                                       strcmp(scene->root_path, "/") != 0
                                                   ? scene->root_path
                                                   : "",
                                       of_image);
    for (size_t i = 0; i < scene->mounts.count; i++) {
        if (ig_path_below(scene->mounts.list[i].point, own)) {
            return true;
        }
    }
    return false;
}

static void compare_entry(struct overlap *o, const struct ig_walk *folder,
                          const struct ig_tree_entry *entry)
{
    o->read = false;
    o->path.length = 0;
    ig_tree_path(entry, &o->path);
    IG_AUTO_FREE char *of_image = ig_format("%s/%s", strcmp(folder->path, "/") == 0 ? ""
                                                                                   : folder->path,
                                            ig_buf_text(&o->path));
    IG_AUTO_FREE char *problem = ig_tree_problem(entry);
    struct ig_scene *scene = (struct ig_scene *)o->q->scene;
    atomic_fetch_add(&scene->progress, 1);
    if (problem != NULL) {
        not_comparable(o, "the image's ", problem);
    } else if ((entry->flags & IG_TREE_MOUNT) != 0) {
        bool itself = !scene->rooted && strcmp(of_image, o->q->volume->walk.path) == 0;
        o->covered = itself ? o->covered : entry->name;
    } else if (!S_ISDIR(entry->mode) || !leads_to_a_mount(o, of_image)) {
        compare_path(o, of_image);
    }
    count_file(o, entry);
}

static void say_hidden(const struct overlap *o, struct ig_result *r)
{
    const struct shadows_params *p = o->q->setting->params;
    IG_AUTO_FREE char *names = ig_say_items(r);
    bool any = p->expect == EXPECT_ANY;
    ig_result_set(r, any ? IG_STATUS_PASS : IG_STATUS_FAIL,
                  "It hides what the image has there: %s.%s", names,
                  any ? " The policy permits it." : "");
    ig_result_observed(r, "%zu of %zu entries of the image missing or changed on the volume",
                       r->item_count, o->compared);
    if (!any) {
        ig_result_expected(r, "nothing of the image hidden");
        ig_result_fix(r, "Copy the image's folder onto the volume in an init container, mount the "
                         "volume elsewhere, or single files of it by subPath; where hiding is "
                         "meant, say \"shadows\": \"any\".");
    }
}

static void say_overlap(const struct overlap *o, struct ig_result *r)
{
    const struct shadows_params *p = o->q->setting->params;
    if (r->item_count > 0) {
        say_hidden(o, r);
    } else if (o->problem != NULL) {
        bool any = p->expect == EXPECT_ANY;
        ig_result_set(r, any ? IG_STATUS_SKIP : IG_STATUS_ERROR,
                      "It cannot be compared with what the image has there: %s.", o->problem);
        ig_result_fix(r, "Run the gate as a user who may read both, for instance the main "
                         "container's.");
        ig_add_hidden(o->q->scene, o->problem_errno, r);
    } else if (o->covered != NULL) {
        IG_AUTO_FREE char *shown = ig_escaped(o->covered);
        ig_result_set(r, IG_STATUS_SKIP, "Another mount of this container (%s) covers part of what "
                                         "the image has there.", shown);
    } else {
        ig_result_set(r, IG_STATUS_PASS, "Nothing is lost: all %zu entries of the image are on the "
                                         "volume too, alike.", o->compared);
    }
}

/* Was the gate started from the image in whose "/" it stands, and not from a volume? Then that may
 * well be the gate's own image, in which nothing of the main container's can be missed. */
static bool gate_is_of_the_image(const struct ig_scene *scene)
{
    IG_AUTO_FREE char *path = NULL;
    struct ig_walk walk;
    if (ig_fsroot_readlink(scene->own, "/proc/self/exe", &path, NULL) != 0 || path[0] != '/') {
        return true;
    }
    ig_fsroot_walk(scene->own, path, 0, &walk);
    const struct ig_hop *final = ig_walk_final(&walk);
    bool same = final == NULL || final->meta.mnt_id == walk.hops[0].meta.mnt_id;
    ig_walk_free(&walk);
    return same;
}

static void say_nothing_there(const struct ig_question *q, const char *what, struct ig_result *r)
{
    if (!q->scene->rooted && gate_is_of_the_image(q->scene)) {
        ig_result_set(r, IG_STATUS_SKIP, "This container's image has %s there, but it may be the "
                                         "gate's own and not the main container's.", what);
        ig_result_fix(r, "Run the gate in the application's image, installed on a volume, or give "
                         "that image with --root.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "It hides nothing: the image has %s there.", what);
    }
}

static void judge_folder(const struct ig_question *q, const struct ig_walk *folder,
                         struct ig_result *r)
{
    struct overlap o = {.q = q, .r = r};
    struct ig_error e = {0};
    struct ig_tree_options options = {
        .threads = 1, .progress = &((struct ig_scene *)q->scene)->progress};
    if (ig_tree_list(folder->fd, &options, &o.image, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "What the image has there is not known: %s.", e.text);
        ig_result_fix(r, "Run the gate as a user who may read it, for instance the main "
                         "container's.");
        return;
    }
    struct ig_scene *scene = (struct ig_scene *)q->scene;
    atomic_fetch_add(&scene->files_total, o.image->files);
    atomic_fetch_add(&scene->bytes_total, 2 * o.image->bytes);
    for (size_t i = 0; i < o.image->count; i++) {
        compare_entry(&o, folder, o.image->entries[i]);
    }
    if (o.compared == 0 && o.covered == NULL && o.problem == NULL) {
        say_nothing_there(q, "an empty folder", r);
    } else {
        say_overlap(&o, r);
    }
    ig_tree_free(o.image);
    ig_buf_free(&o.path);
    free(o.problem);
}

static void judge_file(const struct ig_question *q, const struct ig_walk *image,
                       struct ig_result *r)
{
    struct overlap o = {.q = q, .r = r, .compared = 1};
    ig_buf_adds(&o.path, q->subject->path);
    compare_found(&o, image, &q->volume->walk);
    say_overlap(&o, r);
    ig_buf_free(&o.path);
    free(o.problem);
}

/* runc and crun open the mount point as a folder or make a file of it, by what is mounted. */
static void judge_there(const struct ig_question *q, const struct ig_walk *image,
                        struct ig_result *r)
{
    bool folder = ig_meta_is(&ig_walk_final(image)->meta, S_IFDIR);
    bool of_folder = ig_meta_is(&ig_walk_final(&q->volume->walk)->meta, S_IFDIR);
    if (folder != of_folder) {
        ig_result_set(r, IG_STATUS_FAIL, "The image has a %s there, on which a %s cannot be "
                                         "mounted: the main container will not be created.",
                      ig_meta_type(&ig_walk_final(image)->meta),
                      ig_meta_type(&ig_walk_final(&q->volume->walk)->meta));
        ig_result_fix(r, "Correct mountPath or the subPath.");
    } else if (folder) {
        judge_folder(q, image, r);
    } else {
        judge_file(q, image, r);
    }
}

static void judge_image(const struct ig_question *q, const struct ig_walk *image,
                        struct ig_result *r)
{
    struct ig_error e = {0};
    int mounted = image->error == 0 ? ig_scene_is_mount_point(q->scene, image, &e) : 0;
    if (image->error == ENOENT) {
        say_nothing_there(q, "nothing", r);
    } else if (image->error != 0) {
        ig_say_not_found(q, "What the image has there", image, r);
    } else if (mounted < 0) {
        ig_result_set(r, IG_STATUS_ERROR, "Whether a mount lies there cannot be told: %s.", e.text);
    } else if (mounted > 0) {
        ig_result_set(r, IG_STATUS_SKIP, "What the image has there is not in sight: the volume "
                                         "covers it in this container too.");
        ig_result_fix(r, "Mount the volume elsewhere in the gate's container and say where with "
                         "\"at\", or give the image with --root.");
    } else {
        judge_there(q, image, r);
    }
}

static void run_shadows(const struct ig_question *q, struct ig_result *r)
{
    struct ig_walk image;
    if (!ig_volume_is_mounted(q, r)) {
        return;
    }
    if (q->scene->root_fault != NULL) {
        ig_result_set(r, IG_STATUS_SKIP, "%s", q->scene->root_fault);
        return;
    }
    ig_fsroot_walk(ig_scene_image(q->scene), q->subject->path, 0, &image);
    judge_image(q, &image, r);
    ig_walk_free(&image);
}

const struct ig_check ig_check_volume_shadows = {
    .spec = {.id = "volume.shadows",
             .key = "shadows",
             .kind = IG_KIND_VOLUME,
             .summary = "the mount hides nothing of the image that is not on the volume too",
             .params = shadows_params,
             .params_size = sizeof(struct shadows_params),
             .on_request = true},
    .means = "What the main container's image has at mountPath, where it is in sight (--root, or "
             "the application's image with the volume at \"at\"), is on the volume too: each folder, "
             "file, link and its target, with the same content. Links of the volume are followed "
             "where the image has a file. Further files on the volume do not matter.",
    .matters = "A mount hides the image's own folder without a word: the program starts without the "
               "plugins, certificates or defaults that its image brought along.",
    .mend = "Copy the folder onto the volume in an init container, mount the volume elsewhere or "
            "single files by subPath. \"any\" where hiding is meant: then it is only told.",
    .needs = ig_volume_needs_mounted,
    .run = run_shadows,
};
