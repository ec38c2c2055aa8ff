/* SPDX-License-Identifier: Apache-2.0 */
/* Is there such a name? A loader asks a thousand times and is mostly told no. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "fsroot/internal.h"

int ig_walk_look(const struct ig_fsroot *root, const struct ig_walk *dir, const char *name)
{
    IG_AUTO_FREE char *path = ig_format("%s/%s", strcmp(dir->path, "/") == 0 ? "" : dir->path,
                                        name);
    struct stat s;
    if (ig_fsroot_graft_on(root, path) != NULL) {
        return 0;
    }
    return fstatat(dir->fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}
