/* SPDX-License-Identifier: Apache-2.0 */
/* A directory that many walks start from. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/dir_priv.h"

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

int ig_dir_open(const struct ig_fsroot *root, const char *path, unsigned flags,
                struct ig_dir **out)
{
    struct ig_dir *dir = ig_alloc(sizeof *dir);
    dir->walk = (struct ig_walk){.fd = -1, .parent_fd = -1};
    *out = NULL;
    /* Something follows the last name, so that a link there is not taken for a trailing one. */
    struct ig_walker w = {.out = &dir->walk, .arrived = true, .rest = ig_format("%s/.", path)};
    w.at = w.rest;
    int number = path[0] == '\0' ? ENOENT : strlen(path) >= PATH_MAX ? ENAMETOOLONG : 0;
    int place_number = ig_place_start(&w.place, root, (flags & IG_WALK_BARE) != 0);
    number = number != 0 ? number : place_number;
    enum ig_step now = number != 0 ? ig_walker_fail(&w, number, NULL) : IG_STEP_ON;
    while (now == IG_STEP_ON && strcmp(w.at + strspn(w.at, "/"), ".") != 0) {
        now = ig_walker_step(&w);
    }
    number = now == IG_STEP_FAILED ? dir->walk.error : 0;
    free(w.rest);
    struct ig_mounted mounted;
    if (number == 0 && w.place.fd >= 0 && !w.place.bare) {
        /* For all links in it; where this fails each of them asks for itself. */
        ig_place_statfs(&w.place, w.place.fd, &w.place.meta, &mounted);
    }
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
    if (ig_place_graft(place, name) != NULL) {
        return 0;
    }
    struct stat s;
    int number = strlen(name) > NAME_MAX ? ENAMETOOLONG : ENOENT;
    if (!place->levels[place->depth].implied) {
        number = fstatat(place->fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
    }
    return number == ENOENT && ig_place_implies(place, name) ? 0 : number;
}

static char *copy_text(struct ig_walk *to, const char *text)
{
    return ig_arena_text(ig_walk_memory(to), text, strlen(text));
}

void ig_dir_copy_hops(struct ig_walk *to, const struct ig_walk *from)
{
    to->hops = ig_arena_grown(ig_walk_memory(to), from->count, sizeof *to->hops);
    for (; to->count < from->count; to->count++) {
        const struct ig_hop *hop = &from->hops[to->count];
        struct ig_hop *copy = &to->hops[to->count];
        *copy = *hop;
        copy->path = copy_text(to, hop->path);
        copy->target = hop->target != NULL ? copy_text(to, hop->target) : NULL;
        ig_meta_copy(&copy->meta, &hop->meta);
    }
}

int ig_dir_walk(const struct ig_dir *dir, const char *name, unsigned flags, struct ig_walk *out)
{
    bool bare = (flags & IG_WALK_BARE) != 0;
    *out = (struct ig_walk){.fd = -1, .parent_fd = -1};
    if (!bare) {
        ig_dir_copy_hops(out, &dir->walk);
    }
    struct ig_walker w = {.out = out, .flags = flags, .arrived = dir->arrived, .rest = ig_strdup(name),
                       .links = dir->links, .hop_paths = dir->hop_paths};
    w.at = w.rest;
    int number = ig_place_copy(&w.place, &dir->place);
    w.place.bare = bare;
    return ig_walker_finish(&w, number, NULL);
}

static bool is_still(int fd, const char *name, const struct ig_meta *before)
{
    struct stat s;
    struct ig_meta now;
    if (fstatat(fd, name, &s, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    ig_meta_of_stat(&s, &now);
    return ig_meta_same_content(before, &now);
}

/* Of a file system whose server lies the text of a link may change, and its times not. */
static bool still_says(int fd, const char *name, const char *target)
{
    char text[NAME_MAX + 1];
    ssize_t n = readlinkat(fd, name, text, sizeof text);
    return n >= 0 && (size_t)n == strlen(target) && memcmp(text, target, (size_t)n) == 0;
}

/* The first of the links right before the final hop, the only ones that may lie in one directory. */
static size_t first_link(const struct ig_walk *before)
{
    size_t i = before->count - 1;
    while (i > 0 && before->hops[i - 1].kind == IG_HOP_LINK && before->hops[i - 1].trailing &&
           strchr(before->hops[i - 1].target, '/') == NULL &&
           before->hops[i - 1].target[0] != '.') {
        i--;
    }
    return i;
}

static bool is_in(const struct ig_place *place, const char *name, const char *path)
{
    size_t length = place->path.length;
    return strncmp(path, ig_buf_text(&place->path), length) == 0 && path[length] == '/' &&
           strcmp(path + length + 1, name) == 0;
}

/* What NAME leads to now, over the same links as BEFORE; NULL where that needs a walk. */
static const struct ig_meta *look_again(const struct ig_dir *dir, const char *name,
                                        const struct ig_walk *before, struct ig_meta *now)
{
    const struct ig_place *place = &dir->place;
    struct stat s;
    if (place->levels[place->depth].above_graft || place->levels[place->depth].implied) {
        return NULL;
    }
    size_t i = first_link(before);
    if (!is_in(place, name, before->hops[i].path)) {
        return NULL;
    }
    for (; i + 1 < before->count; i++) {
        if (!still_says(place->fd, name, before->hops[i].target)) {
            *now = (struct ig_meta){0};  /* no file's */
            return is_still(place->fd, name, &before->hops[i].meta) ? now : NULL;
        }
        name = before->hops[i].target;
    }
    if (fstatat(place->fd, name, &s, AT_SYMLINK_NOFOLLOW) != 0 || S_ISLNK(s.st_mode)) {
        return NULL;
    }
    ig_meta_of_stat(&s, now);
    return now;
}

bool ig_dir_unchanged(const struct ig_dir *dir, const char *name, const struct ig_walk *before)
{
    struct ig_walk walk = {.fd = -1, .parent_fd = -1};
    struct ig_meta meta;
    const struct ig_meta *now = look_again(dir, name, before, &meta);
    if (now == NULL && ig_dir_walk(dir, name, IG_WALK_BARE, &walk) == 0) {
        now = &ig_walk_final(&walk)->meta;
    }
    bool same = now != NULL && ig_meta_same_content(&ig_walk_final(before)->meta, now);
    ig_walk_free(&walk);
    return same;
}
