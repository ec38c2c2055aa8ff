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
#include "fsroot/place.h"

enum {
    LINKS_MAX = 40, /* MAXSYMLINKS */
    /* The hops of one walk: without a bound a made-up tree makes the gate run out of memory
     * (40 links of 2,000 names each). One path without links stays below 5 MiB. */
    HOP_PATHS_MAX = 16 << 20,
    STEP = O_PATH | O_NOFOLLOW | O_CLOEXEC,
    PROC_ROOT_INO = 1,
};
#define PROC_MAGIC 0x9fa0UL
#define NO_SYMFOLLOW 0x2000UL /* ST_NOSYMFOLLOW (Linux 5.10) of f_flags */

struct walker {
    struct ig_walk *out;
    unsigned flags;
    struct ig_place place;
    bool arrived;      /* at the current directory, which is not among the hops yet */
    char *rest;        /* what is to be walked; owned */
    const char *at;    /* in rest: behind the current name */
    unsigned links;
    size_t hop_paths;  /* bytes */
};

/* What one step makes of the walk. */
enum step { GO_ON, FINISHED, FAILED };

/* The walk ends with NUMBER at NAME (NULL: at the current directory). */
static enum step fail(struct walker *w, int number, const char *name)
{
    w->out->error = number;
    free(w->out->path);
    w->out->path = ig_place_path(&w->place, name);
    return FAILED;
}

/* HOP's path, target and ACL are taken over. */
static enum step add_hop(struct walker *w, struct ig_hop hop, const char *name)
{
    struct ig_walk *out = w->out;
    if (w->place.bare && hop.kind != IG_HOP_FINAL) {
        free(hop.target);
        ig_meta_free(&hop.meta);
        return GO_ON;
    }
    hop.path = ig_place_path(&w->place, name);
    if ((out->count & (out->count - 1)) == 0) {
        size_t size = out->count != 0 ? out->count * 2 : 1;
        out->hops = ig_realloc_array(out->hops, size, sizeof *out->hops);
    }
    out->hops[out->count++] = hop;
    w->hop_paths += strlen(hop.path);
    return w->hop_paths > HOP_PATHS_MAX ? fail(w, ENAMETOOLONG, name) : GO_ON;
}

static enum step add_current(struct walker *w, enum ig_hop_kind kind)
{
    struct ig_hop hop = {.kind = kind, .grafted = w->place.levels[w->place.depth].grafted};
    ig_meta_copy(&hop.meta, &w->place.meta);
    w->arrived = false;
    return add_hop(w, hop, NULL);
}

/* Links of /proc/PID (fd/N, exe, root, ...) jump to a file instead of naming a path
 * (proc_pid_fd(5)); those in procfs's own root (self, thread-self, mounts, net) are plain. */
static bool is_magic(const struct walker *w, const struct ig_meta *link, unsigned long magic)
{
    const struct ig_meta *in = &w->place.meta;
    return magic == PROC_MAGIC && !(in->dev == link->dev && in->ino == PROC_ROOT_INO);
}

/* The text of the link FD, in the kernel's order of refusals; NULL and *NUMBER. */
static char *link_target(struct walker *w, int fd, const struct ig_meta *meta, int *number)
{
    unsigned long flags;
    unsigned long magic;
    struct ig_error e;
    if (w->links++ >= LINKS_MAX) {
        *number = ELOOP;
        return NULL;
    }
    if (ig_fd_statfs(fd, &flags, &magic, &e) != 0) {
        *number = e.number;
        return NULL;
    }
    if ((flags & NO_SYMFOLLOW) != 0) {
        *number = ELOOP;
        return NULL;
    }
    /* Of a magic link too: who may not look at that process gets EACCES, not ELOOP. */
    char *target = ig_fd_readlink(fd);
    if (target == NULL) {
        *number = errno;
        return NULL;
    }
    if (is_magic(w, meta, magic)) {
        *number = ELOOP;
        free(target);
        return NULL;
    }
    return target;
}

/* FD is the link NAME; both FD and META stay the caller's. */
static enum step follow(struct walker *w, int fd, const struct ig_meta *meta, const char *name)
{
    int number = 0;
    char *target = link_target(w, fd, meta, &number);
    if (target == NULL) {
        return fail(w, number, name);
    }
    char *rest = ig_format("%s%s", target, w->at);
    struct ig_hop hop = {
        .kind = IG_HOP_LINK,
        .target = target,
        .grafted = w->place.levels[w->place.depth].grafted,
        .trailing = w->at[strspn(w->at, "/")] == '\0',
    };
    ig_meta_copy(&hop.meta, meta);
    free(w->rest);
    w->rest = rest;
    w->at = rest;
    if (add_hop(w, hop, name) == FAILED) {
        return FAILED;
    }
    if (rest[0] == '/') {
        number = ig_place_to_root(&w->place);
        w->arrived = true;
    }
    return number != 0 ? fail(w, number, NULL) : GO_ON;
}

/* The walk ends at NAME in the current directory, which is no directory (or a link that is
 * not to be followed). FD is taken over, META stays the caller's. */
static enum step finish_at(struct walker *w, int fd, const struct ig_meta *meta, const char *name,
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
        return fail(w, errno, name);
    }
    if (graft == NULL) {
        out->above_mnt_id = w->place.meta.mnt_id;
    } else if (!w->place.bare) {
        struct ig_meta above;
        struct ig_error e;
        if (ig_meta_read(out->parent_fd, false, &above, &e) != 0) {
            return fail(w, e.number, name);
        }
        out->above_mnt_id = above.mnt_id;
        ig_meta_free(&above);
    }
    out->name = ig_strdup(graft != NULL ? graft->own.name : name);
    out->path = ig_place_path(&w->place, name);
    ig_meta_copy(&hop.meta, meta);
    return add_hop(w, hop, name) == FAILED ? FAILED : FINISHED;
}

/* The walk ends at the current directory. */
static enum step finish_here(struct walker *w)
{
    struct ig_walk *out = w->out;
    int number = ig_place_parent(&w->place, &out->parent_fd, &out->name);
    if (number != 0) {
        return fail(w, number, NULL);
    }
    out->fd = ig_steal_fd(&w->place.fd);
    out->path = ig_place_path(&w->place, NULL);
    return add_current(w, IG_HOP_FINAL) == FAILED ? FAILED : FINISHED;
}

/* A descriptor of NAME, or of what is grafted there (*GRAFT). */
static int open_name(struct walker *w, const char *name, const struct ig_graft **graft)
{
    IG_AUTO_FREE char *path = ig_place_path(&w->place, name);
    *graft = ig_fsroot_graft_on(w->place.root, path);
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
    if (number != 0) {
        errno = number;
        return -1;
    }
    return ig_fd_duplicate((*graft)->own.fd);
}

static enum step step_to(struct walker *w, const char *name)
{
    const struct ig_graft *graft;
    struct ig_meta meta;
    struct ig_error e;
    IG_AUTO_CLOSE int fd = open_name(w, name, &graft);
    if (fd < 0 && errno == ENOENT && ig_place_implies(&w->place, name)) {
        int number = ig_place_enter_implied(&w->place, name);
        w->arrived = true;
        return number != 0 ? fail(w, number, name) : GO_ON;
    }
    if (fd < 0) {
        /* O_PATH asks nothing of the file itself: what refused is its directory. */
        return fail(w, errno, errno == EACCES ? NULL : name);
    }
    if (ig_meta_read(fd, w->place.bare, &meta, &e) != 0) {
        return fail(w, e.number, name);
    }
    enum step step;
    bool slash = w->at[0] == '/';
    if (ig_meta_is(&meta, S_IFDIR)) {
        int number = ig_place_enter(&w->place, ig_steal_fd(&fd), &meta, name, graft);
        w->arrived = true;
        return number != 0 ? fail(w, number, name) : GO_ON;
    }
    if (ig_meta_is(&meta, S_IFLNK) && (slash || (w->flags & IG_WALK_NOFOLLOW) == 0)) {
        step = follow(w, fd, &meta, name);
    } else if (slash) {
        step = fail(w, ENOTDIR, name);
    } else {
        step = finish_at(w, ig_steal_fd(&fd), &meta, name, graft);
    }
    ig_meta_free(&meta);
    return step;
}

/* Take the next name off the text and go there. */
static enum step step(struct walker *w)
{
    w->at += strspn(w->at, "/");
    if (w->at[0] == '\0') {
        return finish_here(w);
    }
    if (w->arrived && add_current(w, IG_HOP_DIRECTORY) == FAILED) {
        return FAILED;
    }
    size_t length = strcspn(w->at, "/");
    IG_AUTO_FREE char *name = ig_strndup(w->at, length);
    w->at += length;
    if (strcmp(name, ".") == 0) {
        int number = ig_place_check_search(&w->place);
        return number != 0 ? fail(w, number, NULL) : GO_ON;
    }
    if (strcmp(name, "..") == 0) {
        bool moves = w->place.depth > 0;
        int number = ig_place_up(&w->place);
        w->arrived = moves;
        return number != 0 ? fail(w, number, NULL) : GO_ON;
    }
    return step_to(w, name);
}

static void close_final(struct ig_walk *out)
{
    ig_cleanup_close(&out->fd);
    ig_cleanup_close(&out->parent_fd);
    free(out->name);
    out->fd = -1;
    out->parent_fd = -1;
    out->name = NULL;
}

/* Walk on from W, whose start gave NUMBER, and free it; what was left of the text goes to *REST
 * (NULL: nobody asks). */
static int finish_walk(struct walker *w, int number, char **rest)
{
    struct ig_walk *out = w->out;
    enum step now = number != 0 ? fail(w, number, NULL) : GO_ON;
    while (now == GO_ON) {
        now = step(w);
    }
    if (rest != NULL) {
        *rest = ig_strdup(w->at);
    }
    if (now == FAILED) {
        close_final(out);
    }
    ig_place_free(&w->place);
    free(w->rest);
    return now == FAILED ? -1 : 0;
}

static int walk(const struct ig_fsroot *root, const char *path, unsigned flags,
                struct ig_walk *out, char **rest)
{
    *out = (struct ig_walk){.fd = -1, .parent_fd = -1};
    size_t length = strlen(path);
    if (length == 0 || length >= PATH_MAX) {
        out->error = length == 0 ? ENOENT : ENAMETOOLONG;
        out->path = ig_strdup(path);
        *rest = ig_strdup("");
        return -1;
    }
    struct walker w = {.out = out, .flags = flags, .arrived = true, .rest = ig_strdup(path)};
    w.at = w.rest;
    bool bare = (flags & IG_WALK_BARE) != 0;
    return finish_walk(&w, ig_place_start(&w.place, root, bare), rest);
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
    return walk(root, path, 0, out, rest);
}

struct ig_dir {
    struct ig_walk walk;  /* its hops so far; no descriptors */
    struct ig_place place;
    bool arrived;
    unsigned links;
    size_t hop_paths;
};

static void dir_free(struct ig_dir *dir)
{
    ig_walk_free(&dir->walk);
    ig_place_free(&dir->place);
    free(dir);
}

void ig_dir_close(struct ig_dir *dir)
{
    if (dir != NULL) {
        dir_free(dir);
    }
}

int ig_dir_open(const struct ig_fsroot *root, const char *path, struct ig_dir **out)
{
    struct ig_dir *dir = ig_alloc(sizeof *dir);
    dir->walk = (struct ig_walk){.fd = -1, .parent_fd = -1};
    *out = NULL;
    /* Something follows the last name, so that a link there is not taken for a trailing one. */
    struct walker w = {.out = &dir->walk, .arrived = true, .rest = ig_format("%s/.", path)};
    w.at = w.rest;
    int number = path[0] == '\0' ? ENOENT : strlen(path) >= PATH_MAX ? ENAMETOOLONG : 0;
    int place_number = ig_place_start(&w.place, root, false);
    number = number != 0 ? number : place_number;
    enum step now = number != 0 ? fail(&w, number, NULL) : GO_ON;
    while (now == GO_ON && strcmp(w.at + strspn(w.at, "/"), ".") != 0) {
        now = step(&w);
    }
    number = now == FAILED ? dir->walk.error : 0;
    free(w.rest);
    dir->place = w.place;
    dir->arrived = w.arrived;
    dir->links = w.links;
    dir->hop_paths = w.hop_paths;
    if (number != 0) {
        dir_free(dir);
    } else {
        *out = dir;
    }
    return number;
}

int ig_dir_look(const struct ig_dir *dir, const char *name)
{
    const struct ig_place *place = &dir->place;
    IG_AUTO_FREE char *path = place->root->graft_count != 0 ? ig_place_path(place, name) : NULL;
    if (path != NULL && ig_fsroot_graft_on(place->root, path) != NULL) {
        return 0;
    }
    struct stat s;
    int number = strlen(name) > NAME_MAX ? ENAMETOOLONG : ENOENT;
    if (!place->levels[place->depth].implied) {
        number = fstatat(place->fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
    }
    return number == ENOENT && ig_place_implies(place, name) ? 0 : number;
}

static void copy_hops(struct ig_walk *to, const struct ig_walk *from)
{
    size_t size = 4;
    while (size <= from->count) {
        size *= 2;
    }
    /* add_hop() makes room at each power of two. */
    to->hops = ig_alloc_array(size, sizeof *to->hops);
    for (; to->count < from->count; to->count++) {
        const struct ig_hop *hop = &from->hops[to->count];
        struct ig_hop *copy = &to->hops[to->count];
        *copy = *hop;
        copy->path = ig_strdup(hop->path);
        copy->target = hop->target != NULL ? ig_strdup(hop->target) : NULL;
        ig_meta_copy(&copy->meta, &hop->meta);
    }
}

int ig_dir_walk(const struct ig_dir *dir, const char *name, unsigned flags, struct ig_walk *out)
{
    bool bare = (flags & IG_WALK_BARE) != 0;
    *out = (struct ig_walk){.fd = -1, .parent_fd = -1};
    if (!bare) {
        copy_hops(out, &dir->walk);
    }
    struct walker w = {.out = out, .flags = flags, .arrived = dir->arrived, .rest = ig_strdup(name),
                       .links = dir->links, .hop_paths = dir->hop_paths};
    w.at = w.rest;
    int number = ig_place_copy(&w.place, &dir->place);
    w.place.bare = bare;
    return finish_walk(&w, number, NULL);
}

void ig_walk_free(struct ig_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        free(walk->hops[i].path);
        free(walk->hops[i].target);
        ig_meta_free(&walk->hops[i].meta);
    }
    free(walk->hops);
    free(walk->path);
    close_final(walk);
    *walk = (struct ig_walk){.fd = -1, .parent_fd = -1};
}

const struct ig_hop *ig_walk_final(const struct ig_walk *walk)
{
    return walk->error == 0 && walk->count > 0 ? &walk->hops[walk->count - 1] : NULL;
}
