/* SPDX-License-Identifier: Apache-2.0 */
#include "fsroot/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "fsroot/internal.h"

/* Deeper than any image; each level holds a descriptor. */
enum { DEPTH_MAX = 256 };
#define PROC_MAGIC 0x9fa0UL
#define SYSFS_MAGIC 0x62656572UL

struct lister {
    int (*found)(void *context, const struct ig_listed *file, struct ig_error *e);
    void (*unseen)(void *context, const struct ig_error *why);
    void *context;
    struct ig_error *e;
    unsigned depth;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void ig_names_free(struct ig_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->list[i]);
    }
    free(names->list);
    *names = (struct ig_names){0};
}

/* All names first, sorted: the report must not depend on a file system's own order. */
int ig_names_read(int fd, struct ig_names *names)
{
    *names = (struct ig_names){0};
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = own >= 0 ? fdopendir(own) : NULL;
    if (dir == NULL) {
        int number = errno;
        ig_cleanup_close(&own);
        return number;
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL; errno = 0) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        names->list = ig_array_room(names->list, names->count, sizeof *names->list);
        names->list[names->count++] = ig_strdup(entry->d_name);
    }
    int number = errno;
    closedir(dir);
    if (names->count > 0) {
        qsort(names->list, names->count, sizeof *names->list, by_text);
    }
    return number;
}

static int list_file(struct lister *l, int parent, const char *name, const char *path)
{
    IG_AUTO_CLOSE int fd =
        openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        return ig_error_set(l->e, errno, "%s cannot be opened", path);
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        return 0;
    }
    struct ig_listed file = {path, fd, st.st_mode, (uint64_t)st.st_size};
    return l->found(l->context, &file, l->e);
}

static bool of_the_kernel(int fd)
{
    unsigned long flags = 0;
    unsigned long magic = 0;
    return ig_fd_statfs(fd, &flags, &magic, NULL) == 0 &&
           (magic == PROC_MAGIC || magic == SYSFS_MAGIC);
}

static int list_directory(struct lister *l, int fd, const char *path);

static int list_entry(struct lister *l, int parent, const char *name, const char *path)
{
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        /* Gone since it was listed. */
        return errno == ENOENT ? 0 : ig_error_set(l->e, errno, "%s cannot be looked at", path);
    }
    if (S_ISREG(st.st_mode)) {
        return st.st_size > 0 ? list_file(l, parent, name, path) : 0;
    }
    if (!S_ISDIR(st.st_mode)) {
        return 0;
    }
    IG_AUTO_CLOSE int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return ig_error_set(l->e, errno, "%s cannot be listed", path);
    }
    return of_the_kernel(fd) ? 0 : list_directory(l, fd, path);
}

static int list_directory(struct lister *l, int fd, const char *path)
{
    struct ig_names names = {0};
    if (l->depth >= DEPTH_MAX) {
        return ig_error_set(l->e, ELOOP, "%s lies more than %d folders deep", path, DEPTH_MAX);
    }
    l->depth++;
    int number = ig_names_read(fd, &names);
    int status = number == 0 ? 0 : ig_error_set(l->e, number, "%s cannot be listed", path);
    for (size_t i = 0; status == 0 && i < names.count; i++) {
        IG_AUTO_FREE char *below =
            ig_format("%s/%s", strcmp(path, "/") == 0 ? "" : path, names.list[i]);
        status = list_entry(l, fd, names.list[i], below);
        if (status != 0 && l->unseen != NULL) {
            l->unseen(l->context, l->e);
            status = 0;
        }
    }
    ig_names_free(&names);
    l->depth--;
    return status;
}

/* What lies on a hidden volume is not seen, though this root may have no such folder. */
static int list_whole(struct lister *l, const struct ig_fsroot *root, int fd, const char *path)
{
    const struct ig_graft *hidden = ig_fsroot_hidden_below(root, path);
    if (hidden != NULL) {
        IG_AUTO_FREE char *shown = ig_escaped(hidden->point);
        ig_error_set(l->e, hidden->hidden, "%s cannot be listed", shown);
        if (l->unseen == NULL) {
            return -1;
        }
        l->unseen(l->context, l->e);
    }
    return list_directory(l, fd, path);
}

int ig_fsroot_list(const struct ig_fsroot *root, const char *dir,
                   int (*found)(void *context, const struct ig_listed *file, struct ig_error *e),
                   void (*unseen)(void *context, const struct ig_error *why), void *context,
                   struct ig_error *e)
{
    struct ig_error own = {0};
    struct lister lister = {.found = found, .unseen = unseen, .context = context,
                            .e = &own};
    struct ig_walk walk;
    int status = -1;
    if (ig_fsroot_walk(root, dir, 0, &walk) != 0) {
        ig_error_set(&own, walk.error, "%s", dir);
    } else if (!ig_meta_is(&ig_walk_final(&walk)->meta, S_IFDIR)) {
        ig_error_set(&own, ENOTDIR, "%s", dir);
    } else {
        IG_AUTO_CLOSE int fd = openat(walk.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        status = fd < 0 ? ig_error_set(&own, errno, "%s cannot be listed", dir)
                        : list_whole(&lister, root, fd, walk.path);
    }
    ig_walk_free(&walk);
    if (status != 0 && e != NULL) {
        *e = own;
    }
    return status;
}
