/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/hidden.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/text.h"

/* --- what may be a mountPath ---------------------------------------------- */

static bool goes_up(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2) {
        if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0')) {
            return true;
        }
    }
    return false;
}

int ig_hidden_check(const struct ig_container_mounts *mounts, struct ig_error *e)
{
    for (size_t i = 0; i < mounts->count; i++) {
        IG_AUTO_FREE char *shown = ig_escaped(mounts->list[i]);
        IG_AUTO_FREE char *path = ig_path_normal(mounts->list[i]);
        const char *fault = path[0] != '/'             ? "is no absolute path"
                            : strcmp(path, "/") == 0   ? "is the whole root"
                            : strlen(path) >= PATH_MAX ? "is too long for a path"
                            : goes_up(path)            ? "has a \"..\" in it"
                                                       : NULL;
        if (fault != NULL) {
            return ig_error_set(e, 0, "--container-mount: \"%s\" %s; give the mountPath of one of "
                                      "the container's volumeMounts", shown, fault);
        }
    }
    return 0;
}

/* --- why, and what to do --------------------------------------------------- */

/* The `volumes` entry for PATH, whose index comes to *INDEX; NULL where there is none. */
static const struct ig_subject *entry_for(const struct ig_policy *policy, const char *path,
                                          size_t *index)
{
    for (*index = 0; *index < policy->subject_count; ++*index) {
        const struct ig_subject *subject = &policy->subjects[*index];
        if (subject->kind == IG_KIND_VOLUME && strcmp(subject->path, path) == 0) {
            return subject;
        }
    }
    return NULL;
}

/* {"mountPath": "/app", "at": "/volumes/app"}, or without "at" where that is the same. Malloc'd. */
static char *entry_text(const char *path, const char *at)
{
    struct ig_buf text = {0};
    struct ig_json j = {.out = &text};
    ig_buf_adds(&text, "{\"mountPath\": ");
    ig_json_string(&j, NULL, path);
    if (strcmp(path, at) != 0) {
        ig_buf_adds(&text, ", \"at\": ");
        j.has_items = false;
        ig_json_string(&j, NULL, at);
    }
    ig_buf_adds(&text, "}");
    return ig_buf_steal(&text);
}

/* How the volume on PATH comes in sight: under --root it needs a place of its own in the gate's
 * container. OTHERWISE: what else would help. */
static char *how_to_show(const struct ig_scene *scene, const char *path, const char *otherwise)
{
    size_t index = 0;
    const struct ig_subject *entry = entry_for(scene->policy, path, &index);
    if (entry != NULL) {
        IG_AUTO_FREE char *at = ig_escaped(ig_volume_at(entry));
        return ig_format("Mount that volume at %s in the gate's container, where the policy's "
                         "volumes says it is%s.", at, otherwise);
    }
    IG_AUTO_FREE char *at = ig_format("%s%s", scene->rooted ? "/volumes" : "", path);
    IG_AUTO_FREE char *text = entry_text(path, at);
    IG_AUTO_FREE char *shown = ig_escaped(at);
    return ig_format("Add %s to the policy's volumes and mount that volume at %s in the gate's "
                     "container%s.", text, shown, otherwise);
}

/* --- hiding --------------------------------------------------------------- */

/* One of the container's mounts. */
struct mount {
    const char *given;  /* borrowed */
    char *path;         /* the same, normal */
    bool pod_file;      /* no volume: see add_pod_files() */
    size_t parts;       /* its names */
    bool shown;         /* the gate has it */
    int unknown;        /* errno of the way to it; 0 for none */
    char *magic;        /* the place on the way whose links only the runtime sees; NULL for none */
    char *first, *last; /* where it leads while nothing is hidden: with those volumes that are surely
                           mounted before it, and with all of them */
};

/* The strings of HIDDEN are taken over. */
static void add(struct ig_scene *scene, struct ig_hidden hidden)
{
    scene->hidden = ig_array_room(scene->hidden, scene->hidden_count, sizeof *scene->hidden);
    scene->hidden[scene->hidden_count++] = hidden;
}

static int next_number(const struct ig_scene *scene)
{
    return IG_EHIDDEN + (int)scene->hidden_count;
}

/* What to do about MOUNT where it lies at the wrong place: VOLUME, but nobody chooses the paths of the
 * pod's own files. */
static char *how_to_move(const struct mount *mount, const char *volume)
{
    IG_AUTO_FREE char *shown = ig_escaped(mount->path);
    return mount->pod_file ? ig_format("Correct the image: no symlink may lead %s to another place.",
                                       shown)
                           : ig_strdup(volume);
}

/* Nothing can be judged, because of MOUNT. WHY and FIX are taken over. The first such mount is told. */
static void seal(struct ig_scene *scene, const struct mount *mount, char *why, char *fix)
{
    IG_AUTO_FREE char *shown = ig_escaped(mount->path);
    struct ig_hidden hidden = {.fix = fix};
    if (scene->sealed) {
        free(why);
        free(fix);
        return;
    }
    hidden.mount = ig_strdup(mount->path);
    hidden.what = ig_format("cannot be judged: %s at %s, %s",
                            mount->pod_file ? "Kubernetes mounts a file of its own"
                                            : "the container mounts a volume", shown, why);
    free(why);
    ig_fsroot_seal(scene->root, next_number(scene));
    scene->sealed = true;
    add(scene, hidden);
}

/* The way to MOUNT failed with NUMBER. */
static void seal_unknown(struct ig_scene *scene, const struct mount *mount, int number)
{
    char words[160];
    const struct ig_hidden *outer = ig_hidden_of(scene, number);
    if (outer != NULL) {
        IG_AUTO_FREE char *above = ig_escaped(outer->mount);
        seal(scene, mount,
             ig_format("below the volume at %s, which the gate does not see. A symlink on that one "
                       "may lead the mount to any folder", above),
             how_to_show(scene, outer->mount, ""));
    } else if (number == EINVAL) {
        seal(scene, mount, ig_strdup("which leads to the root itself"),
             how_to_move(mount, "Correct that mountPath, or the symlink in the image."));
    } else {
        seal(scene, mount,
             ig_format("and the gate cannot find out where that leads: %s",
                       ig_errno_text(number, words, sizeof words)),
             number == EACCES
                 ? ig_strdup("Run the gate as a user that may search the folders on the way, for "
                             "instance as the main container's user.")
                 : how_to_move(mount, "Correct that mountPath, or the symlinks in the image: a "
                                      "runtime may mount nothing there."));
    }
}

static void hide(struct ig_scene *scene, const struct mount *mount, bool doubly)
{
    const char *path = mount->path;
    struct ig_error e = {0};
    IG_AUTO_FREE char *point = NULL;
    if (ig_fsroot_hide(scene->root, path, next_number(scene), mount->pod_file, &point,
                       &e) != 0) {
        seal_unknown(scene, mount, e.number);
        return;
    }
    IG_AUTO_FREE char *shown = ig_escaped(path);
    IG_AUTO_FREE char *end = ig_escaped(point);
    bool same = strcmp(path, point) == 0;
    struct ig_hidden hidden = {.mount = ig_strdup(path), .point = IG_STEAL(point)};
    if (doubly) {
        hidden.what = ig_format("lies where the container mounts two volumes, at %s: nobody can "
                                "tell which of them is on top", end);
        hidden.fix = ig_format("Mount one volume only at %s in the main container.", end);
    } else if (mount->pod_file) {
        hidden.what = ig_format("lies on a file that Kubernetes mounts in each container at %s, "
                                "which leads to %s", shown, end);
        hidden.fix = how_to_move(mount, "");
    } else {
        hidden.what = ig_format("lies on a volume that the container mounts at %s%s%s, and that "
                                "the gate does not see", shown, same ? "" : ", which leads to ",
                                same ? "" : end);
        hidden.fix = how_to_show(scene, path, ", or do not mount it in the main container");
    }
    add(scene, hidden);
}

/* What the way to MOUNT meets now may have been hidden later than that was looked at. */
static void find_nested(struct ig_scene *scene, const struct mount *mount)
{
    int number = 0;
    free(ig_fsroot_point(scene->root, mount->path, SIZE_MAX, &number));
    if (number >= IG_EHIDDEN) {
        seal_unknown(scene, mount, number);
    }
}

/* --- links that only the runtime sees -------------------------------------- */

/* lxcfs lays its own over these (checkProcMount() in runc's libcontainer/rootfs_linux.go lets nothing
 * else lie in /proc): files of procfs's root, which lead nowhere. */
static bool is_plain_in_proc(const char *path)
{
    static const char *const files[] = {"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg",
                                        "/proc/meminfo", "/proc/slabinfo",  "/proc/stat",
                                        "/proc/swaps",   "/proc/uptime"};
    bool plain = false;
    for (size_t i = 0; i < IG_COUNT(files); i++) {
        plain = plain || strcmp(path, files[i]) == 0;
    }
    return plain;
}

/* Links below /proc/PID jump to a file instead of naming a path, and each runtime makes links from /dev
 * to there (setupDevSymlinks(), beside it). The image has none of them: the runtime mounts /proc and
 * /dev over what it has. DEV: where /dev leads. Which of these places is PATH (free of symlinks) at or
 * below? Malloc'd; NULL: none. */
static char *magic_place(const char *path, const char *dev)
{
    static const char *const links[] = {"fd", "stdin", "stdout", "stderr"};
    for (size_t i = 0; i < IG_COUNT(links); i++) {
        IG_AUTO_FREE char *link = ig_format("%s/%s", dev, links[i]);
        if (ig_path_below(path, link)) {
            return IG_STEAL(link);
        }
    }
    return ig_path_below(path, "/proc") && !is_plain_in_proc(path) ? ig_strdup("/proc") : NULL;
}

/* The first such place on the way to PATH, which leads to END. */
static char *magic_on_the_way(const struct ig_fsroot *root, const char *path, const char *end)
{
    struct ig_walk walk;
    IG_AUTO_FREE char *dev = ig_fsroot_point(root, "/dev", SIZE_MAX, NULL);
    char *place = NULL;
    ig_fsroot_walk(root, path, 0, &walk);
    for (size_t i = 0; place == NULL && i < walk.count; i++) {
        /* What is passed in the folder /proc, the next hop or END says. */
        bool folder = strcmp(walk.hops[i].path, "/proc") == 0;
        place = folder ? NULL : magic_place(walk.hops[i].path, dev);
    }
    ig_walk_free(&walk);
    /* The walk ends early where something is missing. */
    return place != NULL ? place : magic_place(end, dev);
}

static void seal_magic(struct ig_scene *scene, const struct mount *mount)
{
    IG_AUTO_FREE char *shown = ig_escaped(mount->magic);
    IG_AUTO_FREE char *fix = ig_format(
        "Give that volume a mountPath outside of %s, and let no symlink of the image or of a volume "
        "lead a mountPath there.", shown);
    seal(scene, mount,
         ig_format("and that path comes to %s. The links there may lead the mount to any folder",
                   shown),
         how_to_move(mount, fix));
}

/* --- the mounts of the container -------------------------------------------- */

struct mounts {
    struct mount *list;
    size_t count;
};

/* How many of the grafts are volumes with fewer than so many PARTS? They were made in that order. */
static size_t grafts_before(const struct ig_scene *scene, size_t parts, const bool *seen)
{
    size_t count = 0;
    for (size_t i = 0; i < scene->policy->subject_count; i++) {
        const struct ig_subject *subject = &scene->policy->subjects[i];
        bool grafted = subject->kind == IG_KIND_VOLUME && seen[i] &&
                       (scene->rooted || subject->at != NULL);
        count += grafted && ig_path_parts(subject->path) < parts;
    }
    return count;
}

static void take_mount(const struct ig_scene *scene, const char *given, const bool *seen,
                       struct mounts *to)
{
    size_t index = 0;
    struct mount mount = {.given = given, .path = ig_path_normal(given)};
    mount.parts = ig_path_parts(mount.path);
    mount.shown = entry_for(scene->policy, mount.path, &index) != NULL && seen[index];
    mount.first = ig_fsroot_point(scene->root, mount.path,
                                  grafts_before(scene, mount.parts, seen), &mount.unknown);
    mount.last = ig_fsroot_point(scene->root, mount.path, SIZE_MAX, NULL);
    mount.magic = magic_on_the_way(scene->root, mount.path, mount.last);
    to->list = ig_array_room(to->list, to->count, sizeof *to->list);
    to->list[to->count++] = mount;
}

static void clear_mount(struct mount *mount)
{
    free(mount->path);
    free(mount->magic);
    free(mount->first);
    free(mount->last);
}

static bool has_path(const struct mounts *mounts, const char *path)
{
    for (size_t i = 0; i < mounts->count; i++) {
        if (strcmp(mounts->list[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* The kubelet and the runtime mount these into each container that has no volume of its own there
 * (makeMounts() in the kubelet, containerMounts() in containerd). hostAliases put words of
 * the pod into /etc/hosts: in the place of ld.so.preload they name a library. An image has them as
 * plain files, or not at all: then nothing else is hidden. */
static void add_pod_files(const struct ig_scene *scene, const bool *seen, struct mounts *to)
{
    static const char *const files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
    for (size_t i = 0; i < IG_COUNT(files); i++) {
        if (has_path(to, files[i])) {
            continue;
        }
        take_mount(scene, files[i], seen, to);
        struct mount *mount = &to->list[to->count - 1];
        mount->pod_file = true;
        if (mount->shown || (mount->unknown == 0 && strcmp(mount->last, mount->path) == 0)) {
            clear_mount(mount);
            to->count--;
        }
    }
}

/* What the container mounts, and what the policy says so of: a ServiceAccount's token is added to a
 * pod after its words were written. */
static struct mounts take_mounts(const struct ig_scene *scene,
                                 const struct ig_container_mounts *from, const bool *seen)
{
    struct mounts mounts = {0};
    for (size_t i = 0; i < from->count; i++) {
        take_mount(scene, from->list[i], seen, &mounts);
    }
    for (size_t i = 0; mounts.count > 0 && i < scene->policy->subject_count; i++) {
        const struct ig_subject *subject = &scene->policy->subjects[i];
        if (subject->kind == IG_KIND_VOLUME && seen[i] && !has_path(&mounts, subject->path)) {
            take_mount(scene, subject->path, seen, &mounts);
        }
    }
    if (scene->rooted) {
        add_pod_files(scene, seen, &mounts);
    }
    return mounts;
}

/* Does another one lie at the same place? The API server refuses the same mountPath twice, but not
 * "/data" and "/data/", nor a link and what it leads to. */
static bool is_doubled(const struct mounts *mounts, const struct mount *mount)
{
    for (size_t i = 0; i < mounts->count; i++) {
        const struct mount *other = &mounts->list[i];
        if (strcmp(other->given, mount->given) != 0 && strcmp(other->last, mount->last) == 0) {
            return true;
        }
    }
    return false;
}

/* Runtimes mount those with fewer names first (containerd's orderedMounts in pkg/cri/opts, CRI-O's
 * in server/). Does it matter which of two with as many comes first, or does one that comes later lie
 * over it? Only symlinks do that. */
static bool depends_on_order(const struct mounts *mounts, const struct mount *mount)
{
    bool depends = strcmp(mount->first, mount->last) != 0;
    for (size_t i = 0; i < mounts->count; i++) {
        const struct mount *other = &mounts->list[i];
        depends = depends || (other->parts >= mount->parts && strcmp(other->last, mount->last) != 0 &&
                              ig_path_below(mount->last, other->last));
    }
    return depends;
}

static void hide_one(struct ig_scene *scene, const struct mounts *mounts,
                     const struct mount *mount)
{
    bool doubled = mount->shown && is_doubled(mounts, mount);
    if (mount->magic != NULL) {
        seal_magic(scene, mount);
    } else if (mount->unknown != 0) {
        seal_unknown(scene, mount, mount->unknown);
    } else if (depends_on_order(mounts, mount)) {
        seal(scene, mount,
             ig_strdup("and where that comes to lie depends on which volume is mounted first: a "
                       "symlink leads it to another one"),
             how_to_move(mount, "Let no symlink of the image or of a volume lead from one mountPath "
                                "to another."));
    } else if (doubled || !mount->shown) {
        hide(scene, mount, doubled);
    }
}

void ig_hidden_add(struct ig_scene *scene, const struct ig_container_mounts *from,
                   const bool *seen)
{
    struct mounts mounts = take_mounts(scene, from, seen);
    for (size_t i = 0; i < mounts.count; i++) {
        hide_one(scene, &mounts, &mounts.list[i]);
    }
    for (size_t i = 0; i < mounts.count; i++) {
        find_nested(scene, &mounts.list[i]);
    }
    for (size_t i = 0; i < mounts.count; i++) {
        clear_mount(&mounts.list[i]);
    }
    free(mounts.list);
}

void ig_hidden_clear(struct ig_hidden *hidden)
{
    free(hidden->mount);
    free(hidden->point);
    free(hidden->what);
    free(hidden->fix);
    *hidden = (struct ig_hidden){0};
}

/* --- saying it ------------------------------------------------------------ */

const struct ig_hidden *ig_hidden_of(const struct ig_scene *scene, int number)
{
    return number >= IG_EHIDDEN ? &scene->hidden[number - IG_EHIDDEN] : NULL;
}

bool ig_say_hidden(const struct ig_scene *scene, const char *what, int number,
                   struct ig_result *r)
{
    const struct ig_hidden *hidden = ig_hidden_of(scene, number);
    if (hidden == NULL) {
        return false;
    }
    ig_result_set(r, IG_STATUS_ERROR, "%s %s.", what, hidden->what);
    ig_result_fix(r, "%s", hidden->fix);
    return true;
}

void ig_add_hidden(const struct ig_scene *scene, int number, struct ig_result *r)
{
    const struct ig_hidden *hidden = ig_hidden_of(scene, number);
    if (hidden != NULL && r->status == IG_STATUS_ERROR && r->message != NULL) {
        IG_AUTO_FREE char *said = IG_STEAL(r->message);
        ig_result_set(r, IG_STATUS_ERROR, "%s That place %s.", said, hidden->what);
        ig_result_fix(r, "%s", hidden->fix);
    }
}

int ig_hidden_explain(const struct ig_scene *scene, struct ig_error *e)
{
    const struct ig_hidden *hidden = ig_hidden_of(scene, e->number);
    if (hidden == NULL) {
        return -1;
    }
    IG_AUTO_FREE char *said = ig_strdup(e->text);
    int number = e->number;
    ig_error_set(e, 0, "%s. That place %s. %.*s", said, hidden->what,
                 (int)(strlen(hidden->fix) - 1), hidden->fix);
    e->number = number;
    return -1;
}

/* --- parts of a volume ---------------------------------------------------- */

bool ig_part_below(const char *path, const char *folder)
{
    return strcmp(folder, ".") == 0 || ig_path_below(path, folder);
}

void ig_hidden_parts(const struct ig_scene *scene, const struct ig_subject *volume,
                     struct ig_hidden_parts *out)
{
    *out = (struct ig_hidden_parts){0};
    if (scene->hidden_count == 0) {
        return;
    }
    IG_AUTO_FREE char *point = ig_fsroot_point(scene->root, volume->path, SIZE_MAX, NULL);
    for (size_t i = 0; i < scene->hidden_count; i++) {
        const struct ig_hidden *hidden = &scene->hidden[i];
        struct ig_hidden_part part = {.path = ".", .by = hidden};
        if (hidden->point != NULL && strcmp(hidden->point, point) != 0) {
            if (!ig_path_below(hidden->point, point)) {
                continue;
            }
            part.path = hidden->point + strlen(point) + 1;
        }
        out->list = ig_array_room(out->list, out->count, sizeof *out->list);
        out->list[out->count++] = part;
    }
}

const struct ig_hidden_part *ig_hidden_part_of(const struct ig_hidden_parts *parts,
                                               const char *path)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (ig_part_below(path, parts->list[i].path)) {
            return &parts->list[i];
        }
    }
    return NULL;
}

void ig_say_hidden_part(const struct ig_hidden_part *part, struct ig_result *r)
{
    bool all = strcmp(part->path, ".") == 0;
    IG_AUTO_FREE char *shown = ig_escaped(part->path);
    ig_result_set(r, IG_STATUS_ERROR, "%s%s %s.", all ? "It" : "Its part ", all ? "" : shown,
                  part->by->what);
    ig_result_fix(r, "%s", part->by->fix);
}
