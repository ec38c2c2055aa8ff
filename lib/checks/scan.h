/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the programs and libraries of a folder, for `verify --scan` and `inspect`. */
#ifndef IG_CHECKS_SCAN_H
#define IG_CHECKS_SCAN_H

#include "checks/scene.h"
#include "core/error.h"
#include "elf/image.h"
#include "policy/policy.h"

/* Add a subject for each ELF program and library below DIR of --root ROOT (or "/"): those that
 * MACHINE (NULL: this one) runs. Object files, kernel modules, debug files and other machines'
 * files are passed over. MOUNTS: what the main container mounts. -1 where there is none (number 0), or
 * where a part cannot be looked at (errno). */
int ig_scan_add(struct ig_policy *policy, const char *root, const char *dir,
                const struct ig_machine *machine, const struct ig_container_mounts *mounts,
                struct ig_error *e);

/* For who goes on where a part cannot be looked at: told of each subject and of each such part. */
struct ig_scan_tell {
    void (*found)(void *context, const char *path);
    void (*unseen)(void *context, const struct ig_error *why);
    void *context;
};
/* The same below DIR (absolute) of an open SCENE, whose root has no fault; none at all is no error.
 * TELL may be NULL. */
int ig_scan_folder(struct ig_policy *policy, const struct ig_scene *scene, const char *dir,
                   const struct ig_scan_tell *tell, size_t *found, struct ig_error *e);

#endif
