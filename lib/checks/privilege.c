/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/privilege.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static uint32_t little32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* magic_etc, then permitted and inheritable in 32-bit halves, little-endian. */
int ig_file_caps_read(const struct ig_target *target, struct ig_file_caps *caps,
                      struct ig_error *e)
{
    uint8_t value[24];
    long n = ig_fd_getxattr(target->walk.fd, "security.capability", value, sizeof value, e);
    *caps = (struct ig_file_caps){0};
    if (n <= 0) {
        return n == 0 ? 0 : -1;
    }
    if (n < 12) {
        return ig_error_set(e, EINVAL, "security.capability has %ld bytes", n);
    }
    caps->present = true;
    caps->effective = (value[0] & 1) != 0;
    caps->permitted = little32(value + 4) | (n >= 20 ? (uint64_t)little32(value + 12) << 32 : 0);
    return 0;
}

bool ig_privilege_ignored(const struct ig_scene *scene, const struct ig_target *target)
{
    unsigned long flags = 0;
    unsigned long magic = 0;
    return !scene->rooted && ig_fd_statfs(target->walk.fd, &flags, &magic, NULL) == 0 &&
           (flags & ST_NOSUID) != 0;
}

bool ig_privilege_secure(const struct ig_scene *scene, const struct ig_target *program)
{
    const struct ig_meta *meta = ig_target_meta(program);
    const unsigned setgid = S_ISGID | S_IXGRP;
    struct ig_file_caps caps;
    if (meta == NULL || !scene->run_as_known || ig_privilege_ignored(scene, program)) {
        return false;
    }
    if (((meta->mode & S_ISUID) != 0 && meta->uid != scene->run_as.uid) ||
        ((meta->mode & setgid) == setgid && meta->gid != scene->run_as.gid)) {
        return true;
    }
    /* Of uid 0 they do not count; what cannot be read binary.file reports. */
    return scene->run_as.uid != 0 && ig_file_caps_read(program, &caps, NULL) == 0 &&
           caps.present && (caps.effective || (caps.permitted & scene->run_as.caps) != 0);
}
