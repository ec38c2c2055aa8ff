/* SPDX-License-Identifier: Apache-2.0 */
/* What all checks of one run share: the roots, who the program will run as, on
 * which machine, and what this container's /proc says. Read-only once set up. */
#ifndef IG_CHECKS_SCENE_H
#define IG_CHECKS_SCENE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/error.h"
#include "elf/image.h"
#include "fsroot/fsroot.h"
#include "kernel/mountinfo.h"
#include "kernel/status.h"
#include "policy/policy.h"

struct ig_hidden;

/* What the main container mounts: the mountPath of each of its volumeMounts, as --container-mount gives
 * them. Borrowed. */
struct ig_container_mounts {
    const char *const *list;
    size_t count;
};

struct ig_scene {
    const struct ig_policy *policy;
    bool rooted;                  /* --root was given */
    const char *root_name;        /* as given, or NULL */
    char *root_path;              /* of --root as this process sees it; NULL where not known */
    bool root_is_folder;          /* of --root: no mount point, so a folder that an image was unpacked
                                     into, whose own mode and owner are not the image's */
    char *base;                   /* where relative paths start, in `root`: the working directory
                                     or "/" */
    struct ig_fsroot *root;       /* where binaries and files are looked up */
    struct ig_fsroot *own;        /* the gate's own "/" */
    struct ig_fsroot *bare;       /* of --root: the same without its volumes; else NULL */
    char *root_fault;             /* the sentence, where --root is missing or empty; else NULL */

    struct ig_hidden *hidden;     /* what the main container mounts and the gate does not see; hidden.h */
    size_t hidden_count;
    bool sealed;                  /* one of them may lie anywhere: nothing in `root` can be looked up */

    struct ig_mounts mounts;      /* the gate's own mountinfo */
    bool mounts_known;
    struct ig_error mounts_error; /* why not */
    struct ig_status status;      /* the gate's own */
    bool status_known;
    struct ig_error status_error;
    bool unmapped;                /* a user namespace: owner 65534 means "not mapped here" */
    bool protected_symlinks;      /* fs.protected_symlinks of this kernel */

    struct ig_cred run_as;        /* the policy's, or the gate's own ids; borrowed groups */
    bool run_as_known;            /* false under --root without runAs */
    const struct ig_machine *machine;
    bool elsewhere;               /* --platform was given: nothing is known of the node */

    unsigned cpus;                /* how many threads are worth having */
    unsigned settle;              /* seconds that volumes must have been quiet for; 0: no waiting */
    double started, deadline;     /* when waiting for that began and must end; CLOCK_MONOTONIC */

    atomic_ullong progress;       /* grows while something is being read: bytes, but for a few */
    atomic_ullong bytes_total;    /* to be read, as far as is known */
    atomic_ullong files, files_total;
};

/* Fill SCENE. A fault of /proc or of --root is recorded in it, for the checks that need it to
 * report; -1 only where nothing can be evaluated at all. */
int ig_scene_open(struct ig_scene *scene, const struct ig_policy *policy, const char *root,
                  const struct ig_machine *machine, struct ig_error *e);
/* Put the policy's volumes into scene->root, where --root or "at" makes that different from what the
 * gate's own container has, and hide there what else MOUNTS puts over it. Apart from ig_scene_open(),
 * since a volume may hang. -1 where one cannot be told to be there or not. */
int ig_scene_graft(struct ig_scene *scene, const struct ig_container_mounts *mounts,
                   struct ig_error *e);
void ig_scene_close(struct ig_scene *scene);

/* Where PATH of the policy starts in scene->root. A malloc'd string. */
char *ig_scene_path(const struct ig_scene *scene, const char *path);
/* The root as the image has it, without the policy's volumes. NULL with root_fault. */
const struct ig_fsroot *ig_scene_image(const struct ig_scene *scene);
/* Where the gate's own container has the volume mounted. Borrowed. */
const char *ig_volume_at(const struct ig_subject *volume);
/* Is HOP at or below a policy `volumes` entry, or on a volume that the kubelet made? */
bool ig_scene_on_volume(const struct ig_scene *scene, const struct ig_hop *hop);
/* The mount that HOP lies on, or NULL where that cannot be told. */
const struct ig_mount *ig_scene_mount_of(const struct ig_scene *scene, const struct ig_hop *hop);
/* Does a `volumes` entry promise a mount exactly on PATH? */
bool ig_scene_promises(const struct ig_scene *scene, const char *path);
/* Is the end of WALK (in scene->root) a mount point of its own? 1 or 0; -1 where that cannot be told
 * (E says why). */
int ig_scene_is_mount_point(const struct ig_scene *scene, const struct ig_walk *walk,
                            struct ig_error *e);
/* The same of a walk to what is no directory; its descriptors may be closed. */
bool ig_scene_is_mounted(const struct ig_scene *scene, const struct ig_walk *walk);
/* Is HOP the folder that --root names, and no mount point? */
bool ig_scene_is_folder(const struct ig_scene *scene, const struct ig_hop *hop);
/* ig_walk_permits() for the program's user. The mode of the folder that an image was unpacked into
 * (`mktemp -d` makes it 0700) is not that of a container's "/", so it refuses nobody. */
bool ig_scene_permits(const struct ig_scene *scene, const struct ig_walk *walk, unsigned may,
                      const struct ig_hop **failing);
/* Is it certain that this node's kernel refuses a mapping of so many BYTES of memory
 * (vm.overcommit_memory)? */
bool ig_scene_denies_memory(const struct ig_scene *scene, uint64_t bytes);
/* The policy's value of the environment variable NAME; NULL where it gives none. */
const char *ig_scene_env(const struct ig_scene *scene, const char *name);
/* "uid 1001 gid 1001 groups 2000", malloc'd. */
char *ig_cred_text(const struct ig_cred *cred);
/* The names in PATH (normal). */
size_t ig_path_parts(const char *path);
/* Is PATH (normal) DIR itself or below it? */
bool ig_path_below(const char *path, const char *dir);

#endif
