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

/* Is NAME among the components of PATH, or, where it is NULL, another than "."? */
static bool has_component(const char *path, const char *name)
{
    for (size_t length; *(path += strspn(path, "/")) != '\0'; path += length) {
        length = strcspn(path, "/");
        const char *is = name != NULL ? name : ".";
        bool same = strlen(is) == length && strncmp(path, is, length) == 0;
        if (same == (name != NULL)) {
            return true;
        }
    }
    return false;
}

/* What is missing is taken as it stands: the directories that it implies are plain. But whether ".."
 * leads back from one that is missing is each runtime's own affair. */
char *ig_fsroot_point(const struct ig_fsroot *root, const char *point, size_t most, int *number)
{
    struct ig_walk walk;
    IG_AUTO_FREE char *rest = NULL;
    struct ig_fsroot then = *root;
    then.graft_count = most < root->graft_count ? most : root->graft_count;
    ig_fsroot_walk_rest(&then, point, &walk, &rest);
    /* On the hidden one itself it may well lie. */
    bool there = walk.error == 0 || (walk.error == ENOENT && !has_component(rest, "..")) ||
                 (walk.error >= IG_EHIDDEN && !has_component(rest, NULL));
    bool as_it_stands = !there && walk.error != ENOENT;
    IG_AUTO_FREE char *whole =
        as_it_stands ? ig_strdup(point) : ig_format("%s/%s", walk.path, rest);
    if (number != NULL) {
        *number = there ? 0 : walk.error;
    }
    ig_walk_free(&walk);
    return ig_path_normal(whole);
}

static int add_graft(struct ig_fsroot *root, const char *point, const char *resolved,
                     struct ig_graft graft, struct ig_error *e)
{
    if (point[0] != '/' || strcmp(resolved, "/") == 0) {
        IG_AUTO_FREE char *shown = ig_escaped(point);
        ig_walk_free(&graft.own);
        return ig_error_set(e, EINVAL, "nothing can be mounted on \"%s\"", shown);
    }
    graft.point = ig_strdup(resolved);
    root->grafts = ig_array_room(root->grafts, root->graft_count, sizeof *root->grafts);
    root->grafts[root->graft_count++] = graft;
    return 0;
}

int ig_fsroot_graft(struct ig_fsroot *root, const char *point, const char *own,
                    struct ig_error *e)
{
    IG_AUTO_FREE char *resolved = ig_fsroot_point(root, point, SIZE_MAX, NULL);
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
    return add_graft(root, point, resolved, (struct ig_graft){.own = walk}, e);
}

int ig_fsroot_hide(struct ig_fsroot *root, const char *point, int number, bool file,
                   char **resolved, struct ig_error *e)
{
    int unknown = 0;
    IG_AUTO_FREE char *leads_to = ig_fsroot_point(root, point, SIZE_MAX, &unknown);
    if (unknown != 0) {
        IG_AUTO_FREE char *shown = ig_escaped(point);
        return ig_error_set(e, unknown, "%s", shown);
    }
    struct ig_graft graft = {.hidden = number, .file = file, .own = {.fd = -1, .parent_fd = -1}};
    if (add_graft(root, point, leads_to, graft, e) != 0) {
        return -1;
    }
    *resolved = IG_STEAL(leads_to);
    return 0;
}

void ig_fsroot_seal(struct ig_fsroot *root, int number)
{
    root->sealed = number;
}

const struct ig_graft *ig_fsroot_graft_on(const struct ig_fsroot *root, const char *path)
{
    const struct ig_graft *found = NULL;
    /* The newest first: it covers an older one on the same point. */
    for (size_t i = root->graft_count; i > 0; i--) {
        const struct ig_graft *graft = &root->grafts[i - 1];
        if ((found == NULL || graft->hidden != 0) && strcmp(graft->point, path) == 0) {
            found = graft;
        }
        if (found != NULL && found->hidden != 0) {
            break;
        }
    }
    return found;
}

static bool is_below(const char *point, const char *path)
{
    size_t length = strcmp(path, "/") == 0 ? 0 : strlen(path);
    return strncmp(point, path, length) == 0 && point[length] == '/';
}

bool ig_fsroot_graft_below(const struct ig_fsroot *root, const char *path)
{
    for (size_t i = 0; i < root->graft_count; i++) {
        if (is_below(root->grafts[i].point, path)) {
            return true;
        }
    }
    return false;
}

const struct ig_graft *ig_fsroot_hidden_below(const struct ig_fsroot *root, const char *path)
{
    for (size_t i = 0; i < root->graft_count; i++) {
        const struct ig_graft *graft = &root->grafts[i];
        if (graft->hidden != 0 && !graft->file && is_below(graft->point, path)) {
            return graft;
        }
    }
    return NULL;
}
