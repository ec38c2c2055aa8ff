/* SPDX-License-Identifier: Apache-2.0 */
/* Where a walk stands: the current directory, and the way back up to the root. */
#ifndef IG_FSROOT_PLACE_H
#define IG_FSROOT_PLACE_H

#include "fsroot/internal.h"

/* A directory on the way from the root to the current one. A descriptor for each would run
 * into the limit of 1024 that containers have; what ".." leads to is compared instead. */
struct ig_level {
    uint64_t dev, ino, mnt_id;
    size_t length;                /* of its path in ig_place.path; the root's is 0 */
    const struct ig_graft *graft; /* whose root it is, or NULL */
    int outer_fd;                 /* of a graft's root, and of an implied directory in one that
                                     exists: the directory it lies in; else -1 */
    bool grafted;                 /* it or one above it is a graft's root */
    bool implied;                 /* ROOT has no such directory, see ig_fsroot_graft() */
    bool above_graft;             /* a graft lies below it: only then may a name in it lead to one */
};

/* What statfs(2) says of one mount. */
struct ig_mounted {
    uint64_t mnt_id;     /* 0: of none */
    unsigned long flags, magic;
};

struct ig_place {
    const struct ig_fsroot *root;
    struct ig_level *levels;
    size_t depth, size;  /* levels[depth] is the current directory; levels allocated */
    int fd;              /* the current directory, O_PATH; -1 of an implied one */
    int parent_fd;       /* the one it was entered from; -1 where that is not at hand */
    struct ig_meta meta; /* of the current directory */
    bool bare;           /* metas are read without mount ids and ACLs */
    struct ig_buf path;  /* of the current directory; "" is the root */
    struct ig_mounted mounted;  /* the mount that was asked about last */
};

/* All but free return 0 or an errno value; then the place is unchanged. */

/* Start at ROOT, which must outlive it. It must be freed in either case. */
int ig_place_start(struct ig_place *p, const struct ig_fsroot *root, bool bare);
void ig_place_free(struct ig_place *p);

/* The same place as FROM, apart from it. TO must be freed in either case. */
int ig_place_copy(struct ig_place *to, const struct ig_place *from);

/* Back to the root, as an absolute symlink does. */
int ig_place_to_root(struct ig_place *p);

/* May the current directory be searched? The kernel asks before it looks at the name, even
 * at "." and "..". */
int ig_place_check_search(struct ig_place *p);

/* "..": stays at the root. EAGAIN where the directory above is not the one that was passed. */
int ig_place_up(struct ig_place *p);

/* Go down to the directory NAME whose descriptor and META (both taken over) the caller has;
 * GRAFT is what stands for it, or NULL. */
int ig_place_enter(struct ig_place *p, int fd, struct ig_meta *meta, const char *name,
                   const struct ig_graft *graft);

/* Is NAME, which the current directory lacks, a directory that a graft below it implies? */
bool ig_place_implies(const struct ig_place *p, const char *name);
/* Go down to it. */
int ig_place_enter_implied(struct ig_place *p, const char *name);

/* What is grafted on NAME in the current directory, or NULL. */
const struct ig_graft *ig_place_graft(const struct ig_place *p, const char *name);

/* The path of NAME in the current directory, or of that itself where NAME is NULL. */
char *ig_place_path(const struct ig_place *p, const char *name, struct ig_arena *memory);

/* The mount that FD, whose META is given, lies on. */
int ig_place_statfs(struct ig_place *p, int fd, const struct ig_meta *meta,
                    struct ig_mounted *out);

/* A descriptor (*FD, the caller's) of the directory in which the current one lies, and its
 * name there (in MEMORY); of a graft's root, where it lies on its volume. -1 and NULL of the
 * root and of an implied directory. */
int ig_place_parent(struct ig_place *p, int *fd, char **name, struct ig_arena *memory);

#endif
