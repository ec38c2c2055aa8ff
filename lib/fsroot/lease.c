/* SPDX-License-Identifier: Apache-2.0 */
#include "fsroot/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

enum ig_lease ig_fd_lease(int fd)
{
    /* A writer that comes while the lease is held makes the kernel send its holder SIGIO, which ends a
     * process; SIGURG does nothing. */
    if (fcntl(fd, F_SETSIG, SIGURG) != 0) {
        return IG_LEASE_UNKNOWN;
    }
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        return fcntl(fd, F_SETLEASE, F_UNLCK) == 0 ? IG_LEASE_FREE : IG_LEASE_UNKNOWN;
    }
    /* generic_add_lease() and vfs_setlease() in fs/locks.c. */
    return errno == EAGAIN                    ? IG_LEASE_WRITTEN
           : errno == EACCES || errno == EPERM ? IG_LEASE_REFUSED
                                               : IG_LEASE_UNKNOWN;
}
