/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/scene.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "checks/cpus.h"
#include "checks/hidden.h"
#include "core/buf.h"
#include "core/mem.h"
#include "fsroot/permits.h"
#include "kernel/commit.h"

/* mountinfo of a node with thousands of volumes is a few MiB. */
enum { MOUNTINFO_MAX = 32 << 20, STATUS_MAX = 64 << 10 };

static void read_mounts(struct ig_scene *scene)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    if (ig_fsroot_slurp(scene->own, "/proc/self/mountinfo", MOUNTINFO_MAX, &text,
                        &scene->mounts_error) == 0 &&
        ig_mounts_parse(ig_buf_text(&text), text.length, &scene->mounts, &scene->mounts_error) ==
            0) {
        scene->mounts_known = true;
    }
}

static void read_status(struct ig_scene *scene)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    if (ig_fsroot_slurp(scene->own, "/proc/self/status", STATUS_MAX, &text,
                        &scene->status_error) == 0 &&
        ig_status_parse(ig_buf_text(&text), text.length, &scene->status, &scene->status_error) ==
            0) {
        scene->status_known = true;
    }
}

/* Without a readable map the ids are taken as they are: that can only add a failure. */
static void read_idmap(struct ig_scene *scene)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    bool identity = true;
    if (ig_fsroot_slurp(scene->own, "/proc/self/uid_map", STATUS_MAX, &text, NULL) == 0 &&
        ig_idmap_parse(ig_buf_text(&text), text.length, &identity, NULL) == 0) {
        scene->unmapped = !identity;
    }
    IG_AUTO_BUF struct ig_buf links = {0};
    /* Where it cannot be read it counts as on, as every distribution sets it. */
    scene->protected_symlinks =
        ig_fsroot_slurp(scene->own, "/proc/sys/fs/protected_symlinks", 64, &links, NULL) != 0 ||
        ig_buf_text(&links)[0] != '0';
}

static int own_ids(struct ig_cred *cred, struct ig_error *e)
{
    _Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are read in place");
    int n = getgroups(0, NULL);
    *cred = (struct ig_cred){.uid = geteuid(), .gid = getegid(), .caps = IG_CAPS_RUNTIME_DEFAULT};
    cred->groups = ig_alloc_array(n > 0 ? (size_t)n : 0, sizeof *cred->groups);
    if (n < 0 || getgroups(n, cred->groups) != n) {
        return ig_error_set(e, errno, "cannot read the gate's own groups");
    }
    cred->group_count = (size_t)n;
    return 0;
}

static int choose_run_as(struct ig_scene *scene, struct ig_error *e)
{
    if (scene->policy->run_as_set) {
        const struct ig_cred *from = &scene->policy->run_as;
        scene->run_as = *from;
        scene->run_as.groups = ig_alloc_array(from->group_count, sizeof *from->groups);
        if (from->group_count > 0) {
            memcpy(scene->run_as.groups, from->groups, from->group_count * sizeof *from->groups);
        }
        scene->run_as_known = true;
        return 0;
    }
    scene->run_as_known = !scene->rooted;
    return own_ids(&scene->run_as, e);
}

static void root_is_unfit(struct ig_scene *scene, const char *what)
{
    scene->root_fault = ig_format(
        "--root %s %s: nothing below it can be judged. An image volume whose reference names an "
        "OCI artifact that is no image mounts as an empty folder, without an error.",
        scene->root_name, what);
}

/* ABOVE: the mount id of the directory in which WALK ends. PREFIX: the root that WALK started at, as
 * this process sees it. */
static bool is_mounted(const struct ig_scene *scene, const struct ig_walk *walk, uint64_t above,
                       const char *prefix)
{
    const struct ig_hop *final = ig_walk_final(walk);
    if (above != 0 && final->meta.mnt_id != 0) {
        return above != final->meta.mnt_id;
    }
    /* Some sandboxes (gVisor) tell no mount ids: then by name, which finds no graft. */
    IG_AUTO_FREE char *joined = ig_format("%s%s", prefix, walk->path);
    IG_AUTO_FREE char *path = ig_path_normal(joined);
    return ig_mounts_on(&scene->mounts, path) != NULL;
}

static int is_mount_point(const struct ig_scene *scene, const struct ig_walk *walk,
                          const char *prefix, struct ig_error *e)
{
    struct ig_meta directory;
    if (walk->parent_fd < 0) {
        return 0;
    }
    if (ig_meta_of_fd(walk->parent_fd, &directory, e) != 0) {
        return -1;
    }
    uint64_t above = directory.mnt_id;
    ig_meta_free(&directory);
    return is_mounted(scene, walk, above, prefix);
}

/* An image volume is a mount, as a container's "/" is. What cannot be found out leaves the root a
 * mount, whose owner and mode count. */
static void locate_root(struct ig_scene *scene)
{
    struct ig_walk walk;
    bool absolute = scene->root_name[0] == '/';
    IG_AUTO_FREE char *here = absolute ? ig_strdup("") : getcwd(NULL, 0);
    if (here == NULL) {
        return;
    }
    IG_AUTO_FREE char *path = ig_format("%s/%s", here, scene->root_name);
    if (ig_fsroot_walk(scene->own, path, 0, &walk) == 0) {
        scene->root_path = ig_strdup(walk.path);
        scene->root_is_folder =
            strcmp(walk.path, "/") != 0 && is_mount_point(scene, &walk, "", NULL) == 0;
    }
    ig_walk_free(&walk);
}

static int open_root(struct ig_scene *scene, struct ig_error *e)
{
    if (ig_fsroot_open(scene->rooted ? scene->root_name : "/", &scene->root, e) != 0) {
        if (scene->rooted && (e->number == ENOENT || e->number == ENOTDIR)) {
            root_is_unfit(scene, e->number == ENOENT ? "does not exist" : "is not a directory");
            return 0;
        }
        return -1;
    }
    if (!scene->rooted) {
        return 0;
    }
    if (ig_fsroot_open(scene->root_name, &scene->bare, e) != 0) {
        return -1;
    }
    locate_root(scene);
    int empty = ig_fsroot_is_empty(scene->root, e);
    if (empty > 0) {
        root_is_unfit(scene, "is empty");
    }
    /* A root that may be searched but not listed (EACCES) is not empty as far as one can tell. */
    return empty < 0 && e->number != EACCES ? -1 : 0;
}

/* A volume that this container lacks is volume.mounted's to report. A folder of the gate's own that
 * only has its name must not stand for what lies below --root. */
static int is_there(const struct ig_scene *scene, const struct ig_subject *volume,
                    struct ig_error *e)
{
    struct ig_walk walk;
    int there = ig_fsroot_walk(scene->own, ig_volume_at(volume), 0, &walk) == 0;
    if (there && volume->at == NULL) {
        there = is_mount_point(scene, &walk, "", e);
    }
    ig_walk_free(&walk);
    return there;
}

/* *SEEN: does this container have it? */
static int graft(struct ig_scene *scene, const struct ig_subject *volume, bool *seen,
                 struct ig_error *e)
{
    int there = is_there(scene, volume, e);
    bool elsewhere = scene->rooted || volume->at != NULL;
    *seen = there > 0;
    if (there < 0 ||
        (there > 0 && elsewhere && scene->root != NULL &&
         ig_fsroot_graft(scene->root, volume->path, ig_volume_at(volume), e) != 0)) {
        return ig_error_context(e, "volume %s", volume->path);
    }
    return 0;
}

static int by_parts(const void *a, const void *b)
{
    const struct ig_subject *const *x = a;
    const struct ig_subject *const *y = b;
    size_t n = ig_path_parts((*x)->path);
    size_t m = ig_path_parts((*y)->path);
    /* Those with as many as the policy has them. */
    return n != m ? (n > m) - (n < m) : (*x > *y) - (*x < *y);
}

/* The policy's volumes, outer ones first, as runtimes mount them: a link on one may lead another
 * elsewhere. Malloc'd. */
static const struct ig_subject **volumes_in_order(const struct ig_policy *policy, size_t *count)
{
    const struct ig_subject **volumes = ig_alloc_array(policy->subject_count, sizeof *volumes);
    *count = 0;
    for (size_t i = 0; i < policy->subject_count; i++) {
        if (policy->subjects[i].kind == IG_KIND_VOLUME) {
            volumes[(*count)++] = &policy->subjects[i];
        }
    }
    if (*count > 1) {
        qsort(volumes, *count, sizeof *volumes, by_parts);
    }
    return volumes;
}

int ig_scene_graft(struct ig_scene *scene, const struct ig_container_mounts *mounts,
                   struct ig_error *e)
{
    size_t count = 0;
    IG_AUTO_FREE bool *seen = ig_alloc_array(scene->policy->subject_count, sizeof *seen);
    IG_AUTO_FREE const struct ig_subject **volumes = volumes_in_order(scene->policy, &count);
    for (size_t i = 0; i < count; i++) {
        /* One in the gate's own place needs no look where nothing else is said of it. */
        bool asked = scene->rooted || volumes[i]->at != NULL || mounts->count > 0;
        bool *is_seen = &seen[volumes[i] - scene->policy->subjects];
        if (asked && graft(scene, volumes[i], is_seen, e) != 0) {
            return -1;
        }
    }
    if (scene->root != NULL) {
        ig_hidden_add(scene, mounts, seen);
    }
    return 0;
}

static void choose_base(struct ig_scene *scene)
{
    if (scene->rooted) {
        scene->base = ig_strdup("/");
        return;
    }
    /* One that was removed has no name. Nothing is found below it, and that is all there is to say: most
     * policies have no relative path. */
    scene->base = getcwd(NULL, 0);
    if (scene->base == NULL) {
        scene->base = ig_strdup("/proc/self/cwd");
    }
}

static int choose_machine(struct ig_scene *scene, const struct ig_machine *machine,
                          struct ig_error *e)
{
    struct utsname names;
    scene->machine = machine;
    scene->elsewhere = machine != NULL;
    if (machine == NULL) {
        if (uname(&names) != 0) {
            return ig_error_set(e, errno, "cannot tell this machine");
        }
        scene->machine = ig_machine_find(names.machine);
    }
    return scene->machine != NULL
               ? 0
               : ig_error_set(e, 0, "this machine (%s) is not in initgate's table; name the "
                                    "program's platform with --platform", names.machine);
}

int ig_scene_open(struct ig_scene *scene, const struct ig_policy *policy, const char *root,
                  const struct ig_machine *machine, struct ig_error *e)
{
    *scene = (struct ig_scene){.policy = policy, .rooted = root != NULL, .root_name = root};
    if (ig_fsroot_open("/", &scene->own, e) != 0) {
        return -1;
    }
    scene->cpus = ig_cpus(scene->own);
    read_mounts(scene);
    read_status(scene);
    read_idmap(scene);
    choose_base(scene);
    if (open_root(scene, e) != 0 || choose_run_as(scene, e) != 0 ||
        choose_machine(scene, machine, e) != 0) {
        ig_scene_close(scene);
        return -1;
    }
    return 0;
}

void ig_scene_close(struct ig_scene *scene)
{
    ig_fsroot_close(scene->root);
    ig_fsroot_close(scene->own);
    ig_fsroot_close(scene->bare);
    ig_mounts_free(&scene->mounts);
    ig_status_free(&scene->status);
    free(scene->run_as.groups);
    free(scene->base);
    free(scene->root_fault);
    free(scene->root_path);
    for (size_t i = 0; i < scene->hidden_count; i++) {
        ig_hidden_clear(&scene->hidden[i]);
    }
    free(scene->hidden);
    *scene = (struct ig_scene){0};
}

char *ig_scene_path(const struct ig_scene *scene, const char *path)
{
    return path[0] == '/' ? ig_strdup(path) : ig_format("%s/%s", scene->base, path);
}

const struct ig_fsroot *ig_scene_image(const struct ig_scene *scene)
{
    return scene->rooted ? scene->bare : scene->own;
}

const char *ig_volume_at(const struct ig_subject *volume)
{
    return volume->at != NULL ? volume->at : volume->path;
}

size_t ig_path_parts(const char *path)
{
    size_t parts = 0;
    for (const char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
        parts += slash[1] != '\0';
    }
    return parts;
}

bool ig_path_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    while (n > 0 && dir[n - 1] == '/') {
        n--;
    }
    return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* A memory emptyDir, a Secret, a projected volume (tmpfs) or a PersistentVolume with a file system of
 * its own: their mountinfo root does not name the kubelet. In a pod, where the kubelet always mounts
 * the termination log, every mount is the kubelet's but for those that the runtime itself makes. */
static bool other_volume(const struct ig_scene *scene, const struct ig_mount *mount)
{
    static const char *const runtime[] = {"/dev", "/proc", "/sys", "/run", "/tmp", "/var/run"};
    enum { ANY_TYPE = 3 };  /* in the others a runtime makes tmpfs only */
    bool memory = strcmp(mount->fstype, "tmpfs") == 0;
    if (strcmp(mount->point, "/") == 0 ||
        (scene->root_path != NULL && strcmp(mount->point, scene->root_path) == 0) ||
        ig_mounts_on(&scene->mounts, "/dev/termination-log") == NULL) {
        return false;
    }
    for (size_t i = 0; i < IG_COUNT(runtime); i++) {
        if ((i < ANY_TYPE || memory) && ig_path_below(mount->point, runtime[i])) {
            return false;
        }
    }
    return true;
}

static bool kubelet_volume(const struct ig_scene *scene, const struct ig_mount *mount)
{
    IG_AUTO_FREE char *kind = ig_mount_kubelet_kind(mount, NULL);
    return kind != NULL || other_volume(scene, mount);
}

const struct ig_mount *ig_scene_mount_of(const struct ig_scene *scene, const struct ig_hop *hop)
{
    if (hop->meta.mnt_id != 0) {
        return ig_mounts_by_id(&scene->mounts, hop->meta.mnt_id);
    }
    /* Some sandboxes (gVisor) tell no mount ids: by name, which says nothing of a graft. */
    if (hop->grafted || (scene->rooted && scene->root_path == NULL)) {
        return NULL;
    }
    IG_AUTO_FREE char *joined =
        ig_format("%s%s", scene->root_path != NULL ? scene->root_path : "", hop->path);
    IG_AUTO_FREE char *path = ig_path_normal(joined);
    return ig_mounts_of(&scene->mounts, path);
}

bool ig_scene_on_volume(const struct ig_scene *scene, const struct ig_hop *hop)
{
    for (size_t i = 0; i < scene->policy->subject_count; i++) {
        const struct ig_subject *subject = &scene->policy->subjects[i];
        if (subject->kind == IG_KIND_VOLUME && ig_path_below(hop->path, subject->path)) {
            return true;
        }
    }
    const struct ig_mount *mount = ig_scene_mount_of(scene, hop);
    return mount != NULL && kubelet_volume(scene, mount);
}

bool ig_scene_promises(const struct ig_scene *scene, const char *path)
{
    for (size_t i = 0; i < scene->policy->subject_count; i++) {
        const struct ig_subject *subject = &scene->policy->subjects[i];
        if (subject->kind == IG_KIND_VOLUME && strcmp(subject->path, path) == 0) {
            return true;
        }
    }
    return false;
}

int ig_scene_is_mount_point(const struct ig_scene *scene, const struct ig_walk *walk,
                            struct ig_error *e)
{
    return is_mount_point(scene, walk, scene->root_path != NULL ? scene->root_path : "", e);
}

bool ig_scene_is_mounted(const struct ig_scene *scene, const struct ig_walk *walk)
{
    return is_mounted(scene, walk, walk->above_mnt_id, scene->root_path != NULL ? scene->root_path : "");
}

bool ig_scene_is_folder(const struct ig_scene *scene, const struct ig_hop *hop)
{
    return scene->root_is_folder && strcmp(hop->path, "/") == 0;
}

bool ig_scene_permits(const struct ig_scene *scene, const struct ig_walk *walk, unsigned may,
                      const struct ig_hop **failing)
{
    struct ig_walk inside = *walk;
    if (inside.count > 1 && ig_scene_is_folder(scene, &inside.hops[0])) {
        inside.hops++;
        inside.count--;
    }
    return ig_walk_permits(&inside, &scene->run_as, may, scene->unmapped,
                           scene->protected_symlinks, failing);
}

/* Asked anew each time: hardly any program wants so much that the answer matters. */
static uint64_t commit_limit(const struct ig_scene *scene)
{
    enum { SETTING_MAX = 64, MEMINFO_MAX = 64 << 10 };
    IG_AUTO_BUF struct ig_buf overcommit = {0};
    IG_AUTO_BUF struct ig_buf meminfo = {0};
    /* Of RAM and swap /proc/meminfo tells what lxcfs makes of them in a container. */
    struct sysinfo node;
    if (sysinfo(&node) != 0 ||
        ig_fsroot_slurp(scene->own, "/proc/sys/vm/overcommit_memory", SETTING_MAX, &overcommit,
                        NULL) != 0) {
        return IG_COMMIT_NO_LIMIT;
    }
    bool known = ig_fsroot_slurp(scene->own, "/proc/meminfo", MEMINFO_MAX, &meminfo, NULL) == 0;
    return ig_commit_limit(ig_buf_text(&overcommit),
                           ((uint64_t)node.totalram + node.totalswap) * node.mem_unit,
                           known ? ig_buf_text(&meminfo) : NULL);
}

bool ig_scene_denies_memory(const struct ig_scene *scene, uint64_t bytes)
{
    /* No node promises so little: it could run no container. */
    const uint64_t promised_everywhere = 64 << 20;
    return !scene->elsewhere && bytes > promised_everywhere && bytes > commit_limit(scene);
}

const char *ig_scene_env(const struct ig_scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->policy->env_count; i++) {
        if (strcmp(scene->policy->env[i].name, name) == 0) {
            return scene->policy->env[i].value;
        }
    }
    return NULL;
}

char *ig_cred_text(const struct ig_cred *cred)
{
    struct ig_buf text = {0};
    ig_buf_addf(&text, "uid %" PRIu32 " gid %" PRIu32, cred->uid, cred->gid);
    for (size_t i = 0; i < cred->group_count && i < 8; i++) {
        ig_buf_addf(&text, "%s%" PRIu32, i == 0 ? " groups " : ",", cred->groups[i]);
    }
    if (cred->group_count > 8) {
        ig_buf_adds(&text, ",...");
    }
    return ig_buf_steal(&text);
}
