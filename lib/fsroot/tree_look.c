/* SPDX-License-Identifier: Apache-2.0 */
/* What the inodes of one directory are. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/tree_priv.h"

void ig_tree_fail(struct ig_tree *tree, struct ig_tree_entry *entry, enum ig_tree_step step,
                  int number)
{
    if (entry->step == IG_TREE_FINE) {
        entry->step = (uint8_t)step;
        entry->error = (uint16_t)number;
        atomic_fetch_add(&tree->failed, 1);
    }
}

struct ig_tree_extra *ig_tree_extra(struct ig_arena *arena, struct ig_tree_entry *entry)
{
    if (entry->extra == NULL) {
        entry->extra = ig_arena_alloc(arena, sizeof *entry->extra);
    }
    return entry->extra;
}

/* Unsigned, since a file system may show times that no clock has. */
int64_t ig_tree_nanoseconds(int64_t seconds, uint32_t nanoseconds)
{
    return (int64_t)((uint64_t)seconds * 1000000000U + nanoseconds);
}

uint64_t ig_tree_dev(const struct ig_statx *s)
{
    return makedev(s->dev_major, s->dev_minor);
}

bool ig_tree_same(const struct ig_tree_entry *entry, const struct ig_statx *s, bool content)
{
    if (s->ino != entry->ino || ig_tree_dev(s) != entry->dev ||
        (s->mode & S_IFMT) != (entry->mode & S_IFMT)) {
        return false;
    }
    return !content ||
           (s->size == entry->size && s->mode == entry->mode && s->uid == entry->uid &&
            s->gid == entry->gid &&
            ig_tree_nanoseconds(s->mtime.seconds, s->mtime.nanoseconds) == entry->mtime &&
            ig_tree_nanoseconds(s->ctime.seconds, s->ctime.nanoseconds) == entry->ctime);
}

static void fill(struct ig_tree_entry *entry, const struct ig_statx *s)
{
    entry->mode = s->mode;
    entry->uid = s->uid;
    entry->gid = s->gid;
    entry->size = s->size;
    entry->ino = s->ino;
    entry->dev = ig_tree_dev(s);
    entry->mtime = ig_tree_nanoseconds(s->mtime.seconds, s->mtime.nanoseconds);
    entry->ctime = ig_tree_nanoseconds(s->ctime.seconds, s->ctime.nanoseconds);
}

static void read_target(struct ig_tree *tree, struct ig_arena *arena, struct ig_tree_entry *entry,
                        int fd)
{
    char text[PATH_MAX];
    ssize_t n = readlinkat(fd, entry->name, text, sizeof text);
    if (n < 0 || (size_t)n >= sizeof text) {
        ig_tree_fail(tree, entry, IG_TREE_LINK, n < 0 ? errno : ENAMETOOLONG);
        return;
    }
    ig_tree_extra(arena, entry)->target = ig_arena_text(arena, text, (size_t)n);
}

/* Through /proc, since there is no getxattrat() before Linux 6.13 and not every file may be
 * opened. A last component that has become a symlink is not followed. */
static void read_acl(struct ig_arena *arena, struct ig_tree_entry *entry, int fd)
{
    unsigned char value[4 + 8 * IG_ACL_ENTRIES_MAX];
    char path[NAME_MAX + 64];
    struct ig_meta meta = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", fd, entry->name);
    ssize_t size = lgetxattr(path, "system.posix_acl_access", value, sizeof value);
    if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) {
        return;
    }
    struct ig_tree_extra *extra = ig_tree_extra(arena, entry);
    if (size < 0) {
        extra->acl_error = errno;
        return;
    }
    ig_acl_parse(value, (size_t)size, &meta);
    extra->acl_error = meta.acl_error;
    extra->acl_count = meta.acl_count;
    if (meta.acl_count > 0) {
        extra->acl = ig_arena_alloc(arena, meta.acl_count * sizeof *extra->acl);
        memcpy(extra->acl, meta.acl, meta.acl_count * sizeof *extra->acl);
    }
    ig_meta_free(&meta);
}

static bool on_another_mount(const struct ig_tree_state *state, const struct ig_statx *s)
{
    if (state->mounts_known && (s->mask & IG_STATX_MNT_ID) != 0) {
        return s->mnt_id != state->mnt_id;
    }
    return ig_tree_dev(s) != state->dev;
}

static void prepare_directory(struct ig_tree *tree, struct ig_arena *arena, struct ig_tree_dir *dir,
                              struct ig_tree_entry *entry)
{
    if (dir->depth + 1 > IG_TREE_DEPTH_MAX) {
        ig_tree_fail(tree, entry, IG_TREE_DEEP, ELOOP);
        return;
    }
    struct ig_tree_dir *below = ig_arena_alloc(arena, sizeof *below);
    *below = (struct ig_tree_dir){
        .entry = entry, .parent = dir, .depth = dir->depth + 1, .fd = -1};
    entry->of.dir = below;
}

static void look(struct ig_tree *tree, struct ig_arena *arena, struct ig_tree_dir *dir,
                 struct ig_tree_entry *entry, int fd)
{
    struct ig_statx s;
    int number = ig_statx(fd, entry->name, &s);
    if (number != 0) {
        ig_tree_fail(tree, entry, IG_TREE_LOOK, number);
        return;
    }
    fill(entry, &s);
    if (on_another_mount(tree->state, &s)) {
        entry->flags |= IG_TREE_MOUNT;
    }
    if (S_ISLNK(s.mode)) {
        read_target(tree, arena, entry, fd);
        return;
    }
    if ((tree->state->options.flags & IG_TREE_ACLS) != 0) {
        read_acl(arena, entry, fd);
        /* Without /proc this is ENOENT too, of each. */
        if (entry->extra != NULL && entry->extra->acl_error == ENOENT &&
            ig_statx(fd, entry->name, &s) == ENOENT) {
            ig_tree_fail(tree, entry, IG_TREE_LOOK, ENOENT);
            return;
        }
    }
    if (S_ISCHR(s.mode) || S_ISBLK(s.mode)) {
        struct ig_tree_extra *extra = ig_tree_extra(arena, entry);
        extra->rdev_major = s.rdev_major;
        extra->rdev_minor = s.rdev_minor;
    } else if (S_ISDIR(s.mode) && (entry->flags & IG_TREE_MOUNT) == 0) {
        prepare_directory(tree, arena, dir, entry);
    }
}

void ig_tree_look(struct ig_tree *tree, struct ig_arena *arena, struct ig_tree_dir *dir, int fd,
                  size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        look(tree, arena, dir, &dir->children[i], fd);
    }
    ig_tree_moved(tree, 1 + to - from);
}
