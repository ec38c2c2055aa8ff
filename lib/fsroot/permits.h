/* SPDX-License-Identifier: Apache-2.0 */
/* What credentials may do along a walk. */
#ifndef IG_FSROOT_PERMITS_H
#define IG_FSROOT_PERMITS_H

#include <stdbool.h>

#include "fsroot/fsroot.h"
#include "kernel/cred.h"

/* May CRED pass every hop of WALK, as the kernel would judge it: search each directory, follow
 * each link, and do MAY (see ig_cred_may(); 0 asks nothing) with the final file? Under
 * PROTECTED_SYMLINKS (the sysctl fs.protected_symlinks) a trailing link in a sticky,
 * world-writable directory is followed only where its owner is the follower or the
 * directory's owner (may_follow_link() in fs/namei.c; no capability overrides it). UNMAPPED
 * as for ig_cred_may(); there a link of an owner without id counts as a stranger's.
 * False: *FAILING (may be NULL) is the hop that refuses (EACCES), or NULL where all hops permit
 * but the walk itself failed. Mount flags are not looked at: see ig_fd_statfs(). */
bool ig_walk_permits(const struct ig_walk *walk, const struct ig_cred *cred, unsigned may,
                     bool unmapped, bool protected_symlinks, const struct ig_hop **failing);

/* Under fs.protected_symlinks: the first link of WALK that CRED may not follow, whatever keeps it from
 * getting there; or NULL. */
const struct ig_hop *ig_walk_unfollowable(const struct ig_walk *walk, const struct ig_cred *cred,
                                          bool unmapped);

#endif
