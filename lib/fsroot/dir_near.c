/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short way to what a loader mostly finds: a regular file, behind links to names of the same
 * directory. Whatever else is met is left to a whole walk, the only place that knows the kernel's
 * errors and their order.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/dir_priv.h"

enum { OTHER = -1 };

/* No graft, no implied directory, no links that are special: nothing but names in it. */
static bool is_plain(const struct ig_dir *dir)
{
    const struct ig_place *p = &dir->place;
    const struct ig_level *here = &p->levels[p->depth];
    return !p->bare && !here->above_graft && !here->implied && p->meta.mnt_id != 0 &&
           p->mounted.mnt_id == p->meta.mnt_id && ig_mounted_has_plain_links(&p->mounted);
}

static void add_hop(const struct ig_dir *dir, const char *name, struct ig_hop hop,
                    struct ig_walk *out)
{
    struct ig_arena *memory = ig_walk_memory(out);
    hop.path = ig_place_path(&dir->place, name, memory);
    hop.grafted = dir->place.levels[dir->place.depth].grafted;
    out->hops = ig_arena_room(memory, out->hops, out->count, sizeof *out->hops);
    out->hops[out->count++] = hop;
}

static void add_directory(const struct ig_dir *dir, struct ig_walk *out)
{
    struct ig_hop hop = {.kind = IG_HOP_DIRECTORY};
    ig_meta_copy(&hop.meta, &dir->place.meta);
    add_hop(dir, NULL, hop, out);
}

/* What the link NAME says, where that is another name of the same directory; else NULL. */
static char *near_target(const struct ig_dir *dir, const char *name, struct ig_walk *out)
{
    char text[NAME_MAX + 1];
    ssize_t n = readlinkat(dir->place.fd, name, text, sizeof text);
    if (n <= 0 || n > NAME_MAX || text[0] == '.' || memchr(text, '/', (size_t)n) != NULL) {
        return NULL;
    }
    return ig_arena_text(ig_walk_memory(out), text, (size_t)n);
}

/* Follow links from *NAME, which META is of, to what is none. */
static int follow(const struct ig_dir *dir, const char **name, struct ig_meta *meta,
                  struct ig_walk *out)
{
    for (unsigned links = dir->links; ig_meta_is(meta, S_IFLNK); links++) {
        if (meta->mnt_id != dir->place.meta.mnt_id || links >= IG_WALK_LINKS_MAX) {
            return OTHER;
        }
        struct ig_hop hop = {.kind = IG_HOP_LINK, .meta = *meta, .trailing = true};
        hop.target = near_target(dir, *name, out);
        if (hop.target == NULL || ig_meta_at(dir->place.fd, hop.target, meta) != 0) {
            return OTHER;
        }
        add_hop(dir, *name, hop, out);
        *name = hop.target;
    }
    return 0;
}

/* NAME was a regular file just now, so that opening it asks nothing of a device and waits for no
 * FIFO. */
static int open_final(const struct ig_dir *dir, const char *name, struct ig_meta *meta,
                      struct ig_walk *out)
{
    struct ig_error e;
    IG_AUTO_CLOSE int fd = ig_open_regular_at(dir->place.fd, name);
    if (fd < 0 || ig_meta_read(fd, false, meta, &e) != 0) {
        return OTHER;
    }
    if (!ig_meta_is(meta, S_IFREG)) {
        ig_meta_free(meta);
        return OTHER;
    }
    out->fd = ig_steal_fd(&fd);
    return 0;
}

static int walk(const struct ig_dir *dir, const char *name, struct ig_meta *meta,
                struct ig_walk *out)
{
    ig_dir_copy_hops(out, &dir->walk);
    if (dir->arrived) {
        add_directory(dir, out);
    }
    if (follow(dir, &name, meta, out) != 0 || !ig_meta_is(meta, S_IFREG) ||
        open_final(dir, name, meta, out) != 0) {
        return OTHER;
    }
    struct ig_hop hop = {.kind = IG_HOP_FINAL, .meta = *meta};
    add_hop(dir, name, hop, out);
    out->path = out->hops[out->count - 1].path;
    out->name = ig_arena_text(ig_walk_memory(out), name, strlen(name));
    out->above_mnt_id = dir->place.meta.mnt_id;
    return 0;
}

int ig_dir_walk_near(const struct ig_dir *dir, const char *name, struct ig_arena *memory,
                     struct ig_walk *out)
{
    struct ig_meta meta;
    *out = (struct ig_walk){.fd = -1, .parent_fd = -1, .shared = memory};
    if (!is_plain(dir)) {
        return OTHER;
    }
    int number = ig_meta_at(dir->place.fd, name, &meta);
    if (number != 0) {
        return number == ENOENT ? number : OTHER;
    }
    struct ig_arena start = *memory;
    if (walk(dir, name, &meta, out) != 0) {
        ig_walk_free(out);
        ig_arena_rewind(memory, &start);
        return OTHER;
    }
    return 0;
}
