/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use the files of a volume, and the one change after which all of them may be used. Rules
 * over plain metadata; nothing here looks at a file system.
 */
#ifndef IG_CHECKS_ACCESS_MEND_H
#define IG_CHECKS_ACCESS_MEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/cred.h"
#include "kernel/meta.h"

/* What a policy asks of a file or folder; several at once. */
enum {
    IG_WANT_READ = 1,
    IG_WANT_WRITE = 2,   /* and to read it */
    IG_WANT_EXECUTE = 4,
    IG_WANT_SEARCH = 8,  /* a folder on the way to what is asked */
};

/* The user, and what is known of the ids on the mount. */
struct ig_access_who {
    struct ig_cred cred;  /* borrowed groups */
    bool unmapped;        /* owner 65534 may mean "no id here": as for ig_cred_may() */
    bool idmapped;        /* by the mount: then nobody may write to what has no id here
                             (inode_permission() in fs/namei.c) */
};

/* The bits of ig_cred_may() that WANTS take of an inode of MODE: of folders r-x, rwx, --x, --x;
 * of regular files and FIFOs r, rw, x (not of FIFOs), none; of sockets w to write; of others
 * none. */
unsigned ig_want_bits(uint32_t mode, unsigned wants);
/* May WHO do with the inode all that WANTS take? */
bool ig_access_may(const struct ig_access_who *who, const struct ig_meta *meta, unsigned wants);

/* The distinct sorts of inodes of a volume: few, however many the inodes. Zeroed at first. */
struct ig_access_shapes {
    struct ig_access_shape *list;  /* owned; as a hash table, WANTS 0 where empty */
    size_t count, size;
};
struct ig_access_shape {
    struct ig_meta meta;  /* mode, uid, gid and ACL only */
    unsigned wants;    /* what the user must be able to do */
    unsigned affected; /* those of which something in the same places is refused: a chmod -R or
                          chown -R of these changes it too */
    bool unmapped, idmapped;
};
/* WANTS must not be 0. Of WHO the cred does not matter. */
void ig_access_shapes_add(struct ig_access_shapes *shapes, const struct ig_access_who *who,
                          const struct ig_meta *meta, unsigned wants, unsigned affected);
void ig_access_shapes_free(struct ig_access_shapes *shapes);

/* What the volume takes. */
enum ig_volume_sort {
    IG_VOLUME_PLAIN,    /* nobody but who fills it sets owners and modes: hostPath, NFS, an image */
    IG_VOLUME_MANAGED,  /* the kubelet applies fsGroup: emptyDir, most persistent volumes */
    IG_VOLUME_ATOMIC,   /* it also writes the files: ConfigMap, Secret, projected */
};

enum ig_mend_kind {
    IG_MEND_NONE,          /* no change of this list is enough */
    IG_MEND_FS_GROUP,      /* fsGroup: gid */
    IG_MEND_SUPPLEMENTAL,  /* supplementalGroups: gid */
    IG_MEND_DEFAULT_MODE,  /* defaultMode: mode */
    IG_MEND_COMMANDS,      /* chown -R and chmod -R of what is asked */
};

/* Classes of chmod(1). */
enum { IG_CLASS_USER = 4, IG_CLASS_GROUP = 2, IG_CLASS_OTHER = 1 };

enum { IG_WANT_KINDS = 4 };  /* IG_WANT_READ to IG_WANT_SEARCH are 1 << n */

/* What is to be done to the places of which one want is refused: */
struct ig_mend_command {
    bool chown;        /* give them to the user and his group, and then */
    unsigned classes;  /* chmod IG_CLASS_* + ig_mend_letters(); 0: no chmod */
};

struct ig_mend {
    enum ig_mend_kind kind;
    uint32_t gid;
    uint32_t mode;
    struct ig_mend_command on[IG_WANT_KINDS];
};

/* The first change, in the order of enum ig_mend_kind, after which every shape may be used as it is
 * asked. It never makes anything writable by everyone. */
struct ig_mend ig_mend_find(const struct ig_access_shapes *shapes, const struct ig_cred *cred,
                            enum ig_volume_sort sort);

/* What chmod's letters stand for the bits that WANTS take: "rX", "rwX", "rx", "x". */
const char *ig_mend_letters(unsigned want);

#endif
