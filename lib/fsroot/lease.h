/* SPDX-License-Identifier: Apache-2.0 */
/* Is a file held open for writing, by whomever? A read lease (fcntl(2), F_SETLEASE) is refused then. */
#ifndef IG_FSROOT_LEASE_H
#define IG_FSROOT_LEASE_H

enum ig_lease {
    IG_LEASE_FREE,     /* nobody has it open for writing, or mapped so */
    IG_LEASE_WRITTEN,  /* somebody has (EAGAIN) */
    IG_LEASE_REFUSED,  /* this process may not ask: neither its owner nor CAP_LEASE (EACCES) */
    IG_LEASE_UNKNOWN,  /* the file system has no leases, as NFS and FUSE (EINVAL and others) */
};

/* FD is a regular file, open for reading only. The lease is given back at once: whoever opens the file
 * for writing meanwhile waits no longer than that. */
enum ig_lease ig_fd_lease(int fd);

#endif
