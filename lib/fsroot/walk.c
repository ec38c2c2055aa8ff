/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker: link_path_walk() of fs/namei.c under RESOLVE_IN_ROOT, a component at a time.
 * Search permission, name lengths and whatever a file system objects to are the kernel's
 * own answers, since each step is an openat() of one name.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/walker.h"

enum {
    /* The hops of one walk: without a bound a made-up tree makes the gate run out of memory
     * (40 links of 2,000 names each). One path without links stays below 5 MiB. */
    HOP_PATHS_MAX = 16 << 20,
    STEP = O_PATH | O_NOFOLLOW | O_CLOEXEC,
    PROC_ROOT_INO = 1,
};
#define PROC_MAGIC 0x9fa0UL
#define NO_SYMFOLLOW 0x2000UL /* ST_NOSYMFOLLOW (Linux 5.10) of f_flags */

bool ig_mounted_has_plain_links(const struct ig_mounted *mounted)
{
    return mounted->magic != PROC_MAGIC && (mounted->flags & NO_SYMFOLLOW) == 0;
}

enum ig_step ig_walker_fail(struct ig_walker *w, int number, const char *name)
{
    w->out->error = number;
    w->out->path = ig_place_path(&w->place, name, ig_walk_memory(w->out));
    return IG_STEP_FAILED;
}

/* HOP's ACL is taken over. */
static enum ig_step add_hop(struct ig_walker *w, struct ig_hop hop, const char *name)
{
    struct ig_walk *out = w->out;
    if (w->place.bare && hop.kind != IG_HOP_FINAL) {
        ig_meta_free(&hop.meta);
        return IG_STEP_ON;
    }
    hop.path = ig_place_path(&w->place, name, ig_walk_memory(out));
    out->hops = ig_arena_room(ig_walk_memory(out), out->hops, out->count, sizeof *out->hops);
    out->hops[out->count++] = hop;
    w->hop_paths += strlen(hop.path);
    return w->hop_paths > HOP_PATHS_MAX ? ig_walker_fail(w, ENAMETOOLONG, name) : IG_STEP_ON;
}

static enum ig_step add_current(struct ig_walker *w, enum ig_hop_kind kind)
{
    struct ig_hop hop = {.kind = kind, .grafted = w->place.levels[w->place.depth].grafted};
    ig_meta_copy(&hop.meta, &w->place.meta);
    w->arrived = false;
    return add_hop(w, hop, NULL);
}

/* Links of /proc/PID (fd/N, exe, root, ...) jump to a file instead of naming a path
 * (proc_pid_fd(5)); those in procfs's own root (self, thread-self, mounts, net) are plain. */
static bool is_magic(const struct ig_walker *w, const struct ig_meta *link, unsigned long magic)
{
    const struct ig_meta *in = &w->place.meta;
    return magic == PROC_MAGIC && !(in->dev == link->dev && in->ino == PROC_ROOT_INO);
}

/* The text of the link FD, in the kernel's order of refusals; NULL and *NUMBER. */
static char *link_target(struct ig_walker *w, int fd, const struct ig_meta *meta, int *number)
{
    struct ig_mounted mounted;
    if (w->links++ >= IG_WALK_LINKS_MAX) {
        *number = ELOOP;
        return NULL;
    }
    *number = ig_place_statfs(&w->place, fd, meta, &mounted);
    if (*number != 0) {
        return NULL;
    }
    if ((mounted.flags & NO_SYMFOLLOW) != 0) {
        *number = ELOOP;
        return NULL;
    }
    /* Of a magic link too: who may not look at that process gets EACCES, not ELOOP. */
    char *target = ig_fd_readlink(fd);
    if (target == NULL) {
        *number = errno;
        return NULL;
    }
    if (is_magic(w, meta, mounted.magic)) {
        *number = ELOOP;
        free(target);
        return NULL;
    }
    return target;
}

/* FD is the link NAME; both FD and META stay the caller's. */
static enum ig_step follow(struct ig_walker *w, int fd, const struct ig_meta *meta, const char *name)
{
    int number = 0;
    IG_AUTO_FREE char *target = link_target(w, fd, meta, &number);
    if (target == NULL) {
        return ig_walker_fail(w, number, name);
    }
    size_t length = strlen(target);
    size_t left = strlen(w->at);
    char *rest = ig_alloc(length + left + 1);
    memcpy(rest, target, length);
    memcpy(rest + length, w->at, left);
    struct ig_hop hop = {
        .kind = IG_HOP_LINK,
        .target = ig_arena_text(ig_walk_memory(w->out), target, length),
        .grafted = w->place.levels[w->place.depth].grafted,
        .trailing = w->at[strspn(w->at, "/")] == '\0',
    };
    ig_meta_copy(&hop.meta, meta);
    free(w->rest);
    w->rest = rest;
    w->at = rest;
    if (add_hop(w, hop, name) == IG_STEP_FAILED) {
        return IG_STEP_FAILED;
    }
    if (rest[0] == '/') {
        number = ig_place_to_root(&w->place);
        w->arrived = true;
    }
    return number != 0 ? ig_walker_fail(w, number, NULL) : IG_STEP_ON;
}

/* The walk ends at NAME in the current directory, which is no directory (or a link that is
 * not to be followed). FD is taken over, META stays the caller's. */
static enum ig_step finish_at(struct ig_walker *w, int fd, const struct ig_meta *meta, const char *name,
                           const struct ig_graft *graft)
{
    struct ig_walk *out = w->out;
    struct ig_hop hop = {
        .kind = IG_HOP_FINAL,
        .grafted = graft != NULL || w->place.levels[w->place.depth].grafted,
    };
    out->fd = fd;
    out->parent_fd =
        graft != NULL ? ig_fd_duplicate(graft->own.parent_fd) : ig_steal_fd(&w->place.fd);
    if (out->parent_fd < 0) {
        return ig_walker_fail(w, errno, name);
    }
    if (graft == NULL) {
        out->above_mnt_id = w->place.meta.mnt_id;
    } else if (!w->place.bare) {
        struct ig_meta above;
        struct ig_error e;
        if (ig_meta_read(out->parent_fd, false, &above, &e) != 0) {
            return ig_walker_fail(w, e.number, name);
        }
        out->above_mnt_id = above.mnt_id;
        ig_meta_free(&above);
    }
    const char *own = graft != NULL ? graft->own.name : name;
    out->name = ig_arena_text(ig_walk_memory(out), own, strlen(own));
    out->path = ig_place_path(&w->place, name, ig_walk_memory(out));
    ig_meta_copy(&hop.meta, meta);
    return add_hop(w, hop, name) == IG_STEP_FAILED ? IG_STEP_FAILED : IG_STEP_DONE;
}

/* The walk ends at the current directory. */
static enum ig_step finish_here(struct ig_walker *w)
{
    struct ig_walk *out = w->out;
    int number = ig_place_parent(&w->place, &out->parent_fd, &out->name, ig_walk_memory(out));
    if (number != 0) {
        return ig_walker_fail(w, number, NULL);
    }
    out->fd = ig_steal_fd(&w->place.fd);
    out->path = ig_place_path(&w->place, NULL, ig_walk_memory(out));
    return add_current(w, IG_HOP_FINAL) == IG_STEP_FAILED ? IG_STEP_FAILED : IG_STEP_DONE;
}

/* A descriptor of NAME, or of what is grafted there (*GRAFT). */
static int open_name(struct ig_walker *w, const char *name, const struct ig_graft **graft)
{
    *graft = ig_place_graft(&w->place, name);
    if (*graft == NULL && w->place.levels[w->place.depth].implied) {
        errno = strlen(name) > NAME_MAX ? ENAMETOOLONG : ENOENT;
        return -1;
    }
    if (*graft == NULL) {
        /* Where a directory is called for, the kernel mounts what is to be mounted on it
         * (autofs, a file system below an NFS export); O_DIRECTORY makes it do so here. */
        bool directory = w->at[0] == '/';
        int fd = openat(w->place.fd, name, directory ? STEP | O_DIRECTORY : STEP);
        return fd < 0 && directory && errno == ENOTDIR ? openat(w->place.fd, name, STEP) : fd;
    }
    int number = ig_place_check_search(&w->place);
    number = number != 0 ? number : (*graft)->hidden;
    if (number != 0) {
        errno = number;
        return -1;
    }
    return ig_fd_duplicate((*graft)->own.fd);
}

static enum ig_step step_to(struct ig_walker *w, const char *name)
{
    const struct ig_graft *graft;
    struct ig_meta meta;
    struct ig_error e;
    IG_AUTO_CLOSE int fd = open_name(w, name, &graft);
    if (fd < 0 && errno == ENOENT && ig_place_implies(&w->place, name)) {
        int number = ig_place_enter_implied(&w->place, name);
        w->arrived = true;
        return number != 0 ? ig_walker_fail(w, number, name) : IG_STEP_ON;
    }
    if (fd < 0) {
        /* O_PATH asks nothing of the file itself: what refused is its directory. */
        return ig_walker_fail(w, errno, errno == EACCES ? NULL : name);
    }
    if (ig_meta_read(fd, w->place.bare, &meta, &e) != 0) {
        return ig_walker_fail(w, e.number, name);
    }
    enum ig_step step;
    bool slash = w->at[0] == '/';
    if (ig_meta_is(&meta, S_IFDIR)) {
        int number = ig_place_enter(&w->place, ig_steal_fd(&fd), &meta, name, graft);
        w->arrived = true;
        return number != 0 ? ig_walker_fail(w, number, name) : IG_STEP_ON;
    }
    if (ig_meta_is(&meta, S_IFLNK) && (slash || (w->flags & IG_WALK_NOFOLLOW) == 0)) {
        step = follow(w, fd, &meta, name);
    } else if (slash) {
        step = ig_walker_fail(w, ENOTDIR, name);
    } else {
        step = finish_at(w, ig_steal_fd(&fd), &meta, name, graft);
    }
    ig_meta_free(&meta);
    return step;
}

enum ig_step ig_walker_step(struct ig_walker *w)
{
    w->at += strspn(w->at, "/");
    if (w->at[0] == '\0') {
        return finish_here(w);
    }
    if (w->arrived && add_current(w, IG_HOP_DIRECTORY) == IG_STEP_FAILED) {
        return IG_STEP_FAILED;
    }
    size_t length = strcspn(w->at, "/");
    IG_AUTO_FREE char *name = ig_strndup(w->at, length);
    w->at += length;
    if (strcmp(name, ".") == 0) {
        int number = ig_place_check_search(&w->place);
        return number != 0 ? ig_walker_fail(w, number, NULL) : IG_STEP_ON;
    }
    if (strcmp(name, "..") == 0) {
        bool moves = w->place.depth > 0;
        int number = ig_place_up(&w->place);
        w->arrived = moves;
        return number != 0 ? ig_walker_fail(w, number, NULL) : IG_STEP_ON;
    }
    return step_to(w, name);
}

static void close_final(struct ig_walk *out)
{
    ig_cleanup_close(&out->fd);
    ig_cleanup_close(&out->parent_fd);
    out->fd = -1;
    out->parent_fd = -1;
    out->name = NULL;
}

int ig_walker_finish(struct ig_walker *w, int number, char **rest)
{
    struct ig_walk *out = w->out;
    enum ig_step now = number != 0 ? ig_walker_fail(w, number, NULL) : IG_STEP_ON;
    while (now == IG_STEP_ON) {
        now = ig_walker_step(w);
    }
    if (rest != NULL) {
        *rest = ig_strdup(w->at);
    }
    if (now == IG_STEP_FAILED) {
        close_final(out);
    }
    ig_place_free(&w->place);
    free(w->rest);
    return now == IG_STEP_FAILED ? -1 : 0;
}

static int walk(const struct ig_fsroot *root, const char *path, unsigned flags,
                struct ig_walk *out, char **rest)
{
    size_t length = strlen(path);
    if (length == 0 || length >= PATH_MAX) {
        ig_walk_failed(out, length == 0 ? ENOENT : ENAMETOOLONG, path);
        *rest = ig_strdup("");
        return -1;
    }
    *out = (struct ig_walk){.fd = -1, .parent_fd = -1};
    struct ig_walker w = {.out = out, .flags = flags, .arrived = true, .rest = ig_strdup(path)};
    w.at = w.rest;
    bool bare = (flags & IG_WALK_BARE) != 0;
    return ig_walker_finish(&w, ig_place_start(&w.place, root, bare), rest);
}

int ig_fsroot_walk(const struct ig_fsroot *root, const char *path, unsigned flags,
                   struct ig_walk *out)
{
    IG_AUTO_FREE char *rest = NULL;
    return walk(root, path, flags, out, &rest);
}

int ig_fsroot_walk_rest(const struct ig_fsroot *root, const char *path, struct ig_walk *out,
                        char **rest)
{
    return walk(root, path, IG_WALK_BARE, out, rest);
}

void ig_walk_failed(struct ig_walk *out, int number, const char *path)
{
    *out = (struct ig_walk){.fd = -1, .parent_fd = -1, .error = number};
    out->path = ig_arena_text(&out->memory, path, strlen(path));
}

void ig_walk_free(struct ig_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        ig_meta_free(&walk->hops[i].meta);
    }
    ig_arena_free(&walk->memory);
    close_final(walk);
    *walk = (struct ig_walk){.fd = -1, .parent_fd = -1};
}

const struct ig_hop *ig_walk_final(const struct ig_walk *walk)
{
    return walk->error == 0 && walk->count > 0 ? &walk->hops[walk->count - 1] : NULL;
}
