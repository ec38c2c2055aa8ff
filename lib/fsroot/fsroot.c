/* SPDX-License-Identifier: Apache-2.0 */
/* The root itself, and what is grafted onto it. */
#include "fsroot/fsroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "fsroot/internal.h"

int ig_fsroot_open(const char *dir, struct ig_fsroot **out, struct ig_error *e)
{
    int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int number = errno;
        IG_AUTO_FREE char *shown = ig_escaped(dir);
        return ig_error_set(e, number, "%s", shown);
    }
    struct ig_fsroot *root = ig_alloc(sizeof *root);
    root->fd = fd;
    *out = root;
    return 0;
}

int ig_fsroot_of_walk(const struct ig_walk *walk, struct ig_fsroot **out, struct ig_error *e)
{
    const struct ig_hop *final = ig_walk_final(walk);
    IG_AUTO_FREE char *shown = ig_escaped(walk->path);
    if (final == NULL || !ig_meta_is(&final->meta, S_IFDIR)) {
        return ig_error_set(e, final == NULL ? walk->error : ENOTDIR, "%s", shown);
    }
    int fd = ig_fd_duplicate(walk->fd);
    if (fd < 0) {
        return ig_error_set(e, errno, "%s", shown);
    }
    *out = ig_alloc(sizeof **out);
    (*out)->fd = fd;
    return 0;
}

void ig_fsroot_close(struct ig_fsroot *root)
{
    if (root == NULL) {
        return;
    }
    for (size_t i = 0; i < root->graft_count; i++) {
        free(root->grafts[i].point);
        ig_walk_free(&root->grafts[i].own);
    }
    free(root->grafts);
    close(root->fd);
    free(root);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int ig_fsroot_is_empty(const struct ig_fsroot *root, struct ig_error *e)
{
    int fd = openat(root->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        int number = errno;
        if (fd >= 0) {
            close(fd);
        }
        return ig_error_set(e, number, "reading the root directory");
    }
    const struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(dir);
    } while (entry != NULL && is_dots(entry->d_name));
    int number = errno;
    closedir(dir);
    if (entry == NULL && number != 0) {
        return ig_error_set(e, number, "reading the root directory");
    }
    return entry == NULL;
}

/* POINT without symlinks, as far as ROOT has it. What is missing is taken as it stands: the
 * directories that it implies are plain. */
static char *resolved_point(const struct ig_fsroot *root, const char *point)
{
    struct ig_walk walk;
    IG_AUTO_FREE char *rest = NULL;
    char *resolved = NULL;
    ig_fsroot_walk_rest(root, point, &walk, &rest);
    if (walk.error == 0 || walk.error == ENOENT) {
        IG_AUTO_FREE char *whole = ig_format("%s/%s", walk.path, rest);
        resolved = ig_path_normal(whole);
    } else {
        resolved = ig_path_normal(point);
    }
    ig_walk_free(&walk);
    return resolved;
}

int ig_fsroot_graft(struct ig_fsroot *root, const char *point, const char *own,
                    struct ig_error *e)
{
    IG_AUTO_FREE char *resolved = resolved_point(root, point);
    if (point[0] != '/' || strcmp(resolved, "/") == 0) {
        IG_AUTO_FREE char *shown = ig_escaped(point);
        return ig_error_set(e, EINVAL, "nothing can be mounted on \"%s\"", shown);
    }
    struct ig_fsroot *process = NULL;
    if (ig_fsroot_open("/", &process, e) != 0) {
        return -1;
    }
    struct ig_walk walk;
    int failed = ig_fsroot_walk(process, own, 0, &walk);
    ig_fsroot_close(process);
    if (failed != 0) {
        IG_AUTO_FREE char *shown = ig_escaped(own);
        ig_error_set(e, walk.error, "%s", shown);
        ig_walk_free(&walk);
        return -1;
    }
    root->grafts = ig_realloc_array(root->grafts, root->graft_count + 1, sizeof *root->grafts);
    root->grafts[root->graft_count++] =
        (struct ig_graft){.point = IG_STEAL(resolved), .own = walk};
    return 0;
}

const struct ig_graft *ig_fsroot_graft_on(const struct ig_fsroot *root, const char *path)
{
    /* The newest first: it covers an older one on the same point. */
    for (size_t i = root->graft_count; i > 0; i--) {
        if (strcmp(root->grafts[i - 1].point, path) == 0) {
            return &root->grafts[i - 1];
        }
    }
    return NULL;
}

bool ig_fsroot_graft_below(const struct ig_fsroot *root, const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < root->graft_count; i++) {
        const char *point = root->grafts[i].point;
        if (strncmp(point, path, length) == 0 && point[length] == '/') {
            return true;
        }
    }
    return false;
}
