/* SPDX-License-Identifier: Apache-2.0 */
#include "fsroot/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

enum { STEP = O_PATH | O_NOFOLLOW | O_CLOEXEC };

static void replace_fd(int *fd, int with)
{
    ig_cleanup_close(fd);
    *fd = with;
}

/* Forget the levels below DEPTH, and their part of the path. */
static void cut(struct ig_place *p, size_t depth)
{
    for (; p->depth > depth; p->depth--) {
        ig_cleanup_close(&p->levels[p->depth].outer_fd);
    }
    p->path.length = p->levels[depth].length;
    if (p->path.data != NULL) {
        p->path.data[p->path.length] = '\0';
    }
}

/* FD and META are taken over. */
static void stand_on(struct ig_place *p, int fd, int parent_fd, const struct ig_meta *meta)
{
    replace_fd(&p->fd, fd);
    replace_fd(&p->parent_fd, parent_fd);
    ig_meta_free(&p->meta);
    p->meta = *meta;
}

int ig_place_start(struct ig_place *p, const struct ig_fsroot *root, bool bare)
{
    *p = (struct ig_place){.root = root, .fd = -1, .parent_fd = -1, .size = 16, .bare = bare};
    p->levels = ig_alloc_array(p->size, sizeof *p->levels);
    return root->sealed != 0 ? root->sealed : ig_place_to_root(p);
}

void ig_place_free(struct ig_place *p)
{
    cut(p, 0);
    replace_fd(&p->fd, -1);
    replace_fd(&p->parent_fd, -1);
    ig_meta_free(&p->meta);
    ig_buf_free(&p->path);
    free(p->levels);
    p->levels = NULL;
}

/* -1 stays -1. */
static int duplicate_or_none(int fd, int *out)
{
    *out = fd < 0 ? -1 : ig_fd_duplicate(fd);
    return fd >= 0 && *out < 0 ? errno : 0;
}

int ig_place_copy(struct ig_place *to, const struct ig_place *from)
{
    *to = (struct ig_place){.root = from->root, .fd = -1, .parent_fd = -1,
                            .size = from->depth + 4, .bare = from->bare,
                            .mounted = from->mounted};
    to->levels = ig_alloc_array(to->size, sizeof *to->levels);
    int number = 0;
    for (size_t i = 0; i <= from->depth && number == 0; i++) {
        to->levels[i] = from->levels[i];
        to->depth = i;
        number = duplicate_or_none(from->levels[i].outer_fd, &to->levels[i].outer_fd);
    }
    ig_meta_copy(&to->meta, &from->meta);
    if (from->path.length > 0) {
        ig_buf_add(&to->path, from->path.data, from->path.length);
    }
    /* parent_fd need not be at hand. */
    return number != 0 ? number : duplicate_or_none(from->fd, &to->fd);
}

int ig_place_to_root(struct ig_place *p)
{
    struct ig_meta meta;
    struct ig_error e;
    IG_AUTO_CLOSE int fd = ig_fd_duplicate(p->root->fd);
    if (fd < 0) {
        return errno;
    }
    if (ig_meta_read(fd, p->bare, &meta, &e) != 0) {
        return e.number;
    }
    cut(p, 0);
    p->levels[0] = (struct ig_level){
        .dev = meta.dev, .ino = meta.ino, .mnt_id = meta.mnt_id, .outer_fd = -1,
        .above_graft = p->root->graft_count > 0};
    stand_on(p, ig_steal_fd(&fd), -1, &meta);
    return 0;
}

int ig_place_check_search(struct ig_place *p)
{
    if (p->levels[p->depth].implied) {
        return 0;
    }
    IG_AUTO_CLOSE int fd = openat(p->fd, ".", STEP);
    return fd < 0 ? errno : 0;
}

/* A descriptor of the directory above. Not at the root. */
static int open_above(struct ig_place *p, int *out, struct ig_meta *meta)
{
    const struct ig_level *above = &p->levels[p->depth - 1];
    int outer_fd = p->levels[p->depth].outer_fd;
    struct ig_error e;
    IG_AUTO_CLOSE int fd = outer_fd >= 0 ? ig_fd_duplicate(outer_fd) : openat(p->fd, "..", STEP);
    if (fd < 0) {
        return errno;
    }
    if (ig_meta_read(fd, p->bare, meta, &e) != 0) {
        return e.number;
    }
    if (meta->dev != above->dev || meta->ino != above->ino ||
        (!p->bare && meta->mnt_id != above->mnt_id)) {
        /* Somebody moved it, perhaps out of the root: going on might leave it. */
        ig_meta_free(meta);
        return EAGAIN;
    }
    *out = ig_steal_fd(&fd);
    return 0;
}

/* As runc's and crun's mkdir -p makes it: of the container's root, 0755, on the mount that it lies in. */
static struct ig_meta implied_meta(const struct ig_level *level)
{
    return (struct ig_meta){
        .mode = S_IFDIR | 0755, .nlink = 2, .dev = level->dev, .mnt_id = level->mnt_id};
}

int ig_place_up(struct ig_place *p)
{
    struct ig_meta meta = {0};
    int fd = -1;
    int number = ig_place_check_search(p);
    if (number != 0 || p->depth == 0) {
        return number;
    }
    if (p->levels[p->depth - 1].implied) {
        meta = implied_meta(&p->levels[p->depth - 1]);
    } else {
        number = open_above(p, &fd, &meta);
    }
    if (number != 0) {
        return number;
    }
    cut(p, p->depth - 1);
    stand_on(p, fd, -1, &meta);
    return 0;
}

static void add_level(struct ig_place *p, const char *name, const struct ig_level *level)
{
    ig_buf_adds(&p->path, "/");
    ig_buf_adds(&p->path, name);
    if (++p->depth == p->size) {
        p->size *= 2;
        p->levels = ig_realloc_array(p->levels, p->size, sizeof *p->levels);
    }
    p->levels[p->depth] = *level;
    p->levels[p->depth].length = p->path.length;
    p->levels[p->depth].above_graft = p->levels[p->depth - 1].above_graft &&
                                      ig_fsroot_graft_below(p->root, ig_buf_text(&p->path));
}

int ig_place_enter(struct ig_place *p, int fd, struct ig_meta *meta, const char *name,
                   const struct ig_graft *graft)
{
    int outer_fd = -1;
    int number = graft != NULL ? duplicate_or_none(p->fd, &outer_fd) : 0;
    if (number != 0) {
        close(fd);
        ig_meta_free(meta);
        return number;
    }
    struct ig_level level = {
        .dev = meta->dev,
        .ino = meta->ino,
        .mnt_id = meta->mnt_id,
        .graft = graft,
        .outer_fd = outer_fd,
        .grafted = graft != NULL || p->levels[p->depth].grafted,
    };
    add_level(p, name, &level);
    stand_on(p, fd, ig_steal_fd(&p->fd), meta);
    return 0;
}

bool ig_place_implies(const struct ig_place *p, const char *name)
{
    if (!p->levels[p->depth].above_graft) {
        return false;
    }
    IG_AUTO_ARENA struct ig_arena memory = {0};
    return ig_fsroot_graft_below(p->root, ig_place_path(p, name, &memory));
}

const struct ig_graft *ig_place_graft(const struct ig_place *p, const char *name)
{
    if (!p->levels[p->depth].above_graft) {
        return NULL;
    }
    IG_AUTO_ARENA struct ig_arena memory = {0};
    return ig_fsroot_graft_on(p->root, ig_place_path(p, name, &memory));
}

int ig_place_enter_implied(struct ig_place *p, const char *name)
{
    const struct ig_level *above = &p->levels[p->depth];
    struct ig_level level = {
        .dev = above->dev, .mnt_id = above->mnt_id, .grafted = above->grafted, .implied = true};
    int number = duplicate_or_none(p->fd, &level.outer_fd);
    if (number != 0) {
        return number;
    }
    struct ig_meta meta = implied_meta(&level);
    add_level(p, name, &level);
    stand_on(p, -1, -1, &meta);
    return 0;
}

char *ig_place_path(const struct ig_place *p, const char *name, struct ig_arena *memory)
{
    size_t here = p->path.length;
    size_t more = name != NULL ? strlen(name) : 0;
    bool slash = name != NULL || here == 0;
    /* Not a format: this is asked of every name on every way. */
    char *path = ig_arena_bytes(memory, here + slash + more + 1);
    memcpy(path, ig_buf_text(&p->path), here);
    if (slash) {
        path[here] = '/';
        memcpy(path + here + 1, name != NULL ? name : "", more);
    }
    path[here + slash + more] = '\0';
    return path;
}

int ig_place_statfs(struct ig_place *p, int fd, const struct ig_meta *meta,
                    struct ig_mounted *out)
{
    struct ig_error e;
    if (meta->mnt_id == 0 || meta->mnt_id != p->mounted.mnt_id) {
        struct ig_mounted now = {.mnt_id = meta->mnt_id};
        if (ig_fd_statfs(fd, &now.flags, &now.magic, &e) != 0) {
            return e.number;
        }
        p->mounted = now;
    }
    *out = p->mounted;
    return 0;
}

int ig_place_parent(struct ig_place *p, int *fd, char **name, struct ig_arena *memory)
{
    const struct ig_graft *graft = p->levels[p->depth].graft;
    struct ig_meta meta;
    int number = 0;
    *fd = -1;
    *name = NULL;
    if (p->depth == 0 || p->levels[p->depth].implied) {
        return 0;
    }
    if (graft != NULL) {
        *fd = graft->own.parent_fd >= 0 ? ig_fd_duplicate(graft->own.parent_fd) : -1;
        const char *own = graft->own.name;
        *name = own != NULL ? ig_arena_text(memory, own, strlen(own)) : NULL;
        return graft->own.parent_fd >= 0 && *fd < 0 ? errno : 0;
    }
    if (p->parent_fd >= 0) {
        *fd = ig_steal_fd(&p->parent_fd);
    } else {
        number = open_above(p, fd, &meta);
        if (number == 0) {
            ig_meta_free(&meta);
        }
    }
    const char *last = ig_buf_text(&p->path) + p->levels[p->depth - 1].length + 1;
    *name = ig_arena_text(memory, last, strlen(last));
    return number;
}
