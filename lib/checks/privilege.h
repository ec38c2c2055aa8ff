/* SPDX-License-Identifier: Apache-2.0 */
/* What execve would give a program beyond what its user has: set-id bits and file capabilities. */
#ifndef IG_CHECKS_PRIVILEGE_H
#define IG_CHECKS_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>

#include "checks/scene.h"
#include "checks/target.h"

/* security.capability (include/uapi/linux/capability.h). */
struct ig_file_caps {
    bool present, effective;
    uint64_t permitted;
};

/* 0, also where there is none; -1 where it cannot be read or is malformed. */
int ig_file_caps_read(const struct ig_target *target, struct ig_file_caps *caps,
                      struct ig_error *e);

/* On a nosuid mount execve passes over file capabilities and set-id bits (mnt_may_suid() in
 * fs/namespace.c). What cannot be told counts as a mount that honours them; so does --root, whose
 * mount is not the one that the program will run on. */
bool ig_privilege_ignored(const struct ig_scene *scene, const struct ig_target *target);

/* AT_SECURE, by which loaders distrust the environment (ld.so(8), "secure-execution mode"), as
 * bprm_fill_uid() in fs/exec.c and cap_bprm_creds_from_file() in security/commoncap.c set it. Whether
 * the container has no_new_privs, under which set-id bits do nothing, the policy does not say: it
 * counts as if it had not. */
bool ig_privilege_secure(const struct ig_scene *scene, const struct ig_target *program);

#endif
