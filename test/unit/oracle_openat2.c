/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker against openat2(2) with RESOLVE_IN_ROOT: over hostile trees, with every path,
 * both must reach the same inode or give the same errno, as root and as an ordinary user.
 * A graft must act as a bind mount does: there the kernel gets the tree with the mount, the
 * walker the tree without it and the graft. Where the mount's parents are missing, the kernel
 * gets them made on an overlay, as a runtime makes them.
 *
 *   oracle_openat2 [SEED]
 *
 * needs root. Prints "N of N agree"; exit 1 where they do not, or where the trees did not
 * bring up every errno that they are meant to.
 */
#include <fcntl.h>
#include <limits.h>
#include <grp.h>
#include <linux/openat2.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/mem.h"
#include "core/text.h"
#include "fsroot/fsroot.h"
#include "tree.h"

enum {
    TREES = 400,
    LOOKUPS = 48, /* a tree, for each of two users */
    ENTRIES_MAX = 96,
    ORDINARY_ID = 1001,
    KNOWN_FD = 100,
    DEEP = 1500,
    SHOWN_MAX = 20,
};

enum flavour { PLAIN, OVERLAY, MOUNTS, GRAFT, IMPLIED, FLAVOURS };

struct tree {
    struct rng rng;
    enum flavour flavour;
    char *view;  /* what the kernel looks at */
    char *root;  /* what the walker looks at: another only with a graft */
    char *outside;
    char *entries[ENTRIES_MAX]; /* paths in the root, absolute; symlink-free */
    size_t entry_count;
    char *graft_point, *graft_own;
};

struct tally {
    size_t lookups, agreed;
    size_t results[4096]; /* by errno */
    size_t near;          /* short walks that found something */
    size_t implied;       /* walks that ended at a directory that only a graft implies */
    size_t shown;
};

static const char *const names[] = {"a", "b", "c", "d", "lib", "..a", "x y", "new\nline", "\xff"};

static char *long_name(size_t length)
{
    char *name = ig_alloc(length + 1);
    memset(name, 'n', length);
    return name;
}

/* A relative piece of a path, to be looked up or to stand in a link. */
static char *random_path(struct tree *t)
{
    struct ig_buf path = {0};
    struct rng *r = &t->rng;
    if (t->entry_count > 0 && !rng_one_in(r, 3)) {
        const char *entry = t->entries[rng_below(r, t->entry_count)];
        ig_buf_adds(&path, rng_one_in(r, 2) ? entry : entry + 1);
    } else if (rng_one_in(r, 2)) {
        ig_buf_adds(&path, "/");
    }
    for (size_t more = rng_below(r, 5); more > 0; more--) {
        if (path.length > 0 && path.data[path.length - 1] != '/') {
            ig_buf_adds(&path, "/");
        }
        size_t kind = rng_below(r, 20);
        if (kind < 6) {
            ig_buf_adds(&path, "..");
        } else if (kind < 8) {
            ig_buf_adds(&path, ".");
        } else if (kind == 8) {
            ig_buf_adds(&path, "/");
        } else if (kind == 9) {
            IG_AUTO_FREE char *name = long_name(250 + rng_below(r, 10));
            ig_buf_adds(&path, name);
        } else if (kind == 10) {
            ig_buf_adds(&path, "missing");
        } else {
            ig_buf_adds(&path, RNG_PICK(r, names));
        }
    }
    if (rng_one_in(r, 6)) {
        ig_buf_adds(&path, "/");
    }
    if (path.length == 0) {
        ig_buf_adds(&path, ".");
    }
    return ig_buf_steal(&path);
}

static void remember(struct tree *t, const char *path)
{
    if (t->entry_count < ENTRIES_MAX) {
        t->entries[t->entry_count++] = ig_strdup(path);
    }
}

/* O_PATH descriptor of PATH below BASE, or -1: never through a symlink, which would have this
 * program make and mount things all over the machine. */
static int open_plain(const char *base, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    IG_AUTO_FREE char *full = ig_format("%s%s", base, path);
    return (int)syscall(SYS_openat2, AT_FDCWD, full, &how, sizeof how);
}

static int make_node(struct tree *t, int in, const char *name)
{
    static const mode_t modes[] = {0755, 0755, 0755, 0755, 0700, 0711, 0444, 0000};
    struct rng *r = &t->rng;
    mode_t mode = RNG_PICK(r, modes);
    size_t kind = rng_below(r, 16);
    IG_AUTO_FREE char *target = random_path(t);
    if (kind < 6) {
        return mkdirat(in, name, mode);
    }
    if (kind < 12) {
        return symlinkat(target, in, name);
    }
    mode_t type = kind == 12 ? S_IFIFO : kind == 13 ? S_IFSOCK : S_IFREG;
    return mknodat(in, name, type | mode, 0);
}

/* One entry named PATH (in the root) below BASE. */
static void make_entry(struct tree *t, const char *base, const char *path)
{
    const char *slash = strrchr(path, '/');
    IG_AUTO_FREE char *parent = ig_strndup(path, (size_t)(slash - path));
    IG_AUTO_CLOSE int in = open_plain(base, parent);
    if (in >= 0 && make_node(t, in, slash + 1) == 0) {
        remember(t, path);
    }
}

static bool is_directory(const char *base, const char *path)
{
    IG_AUTO_CLOSE int fd = open_plain(base, path);
    struct stat s;
    return fd >= 0 && fstat(fd, &s) == 0 && S_ISDIR(s.st_mode);
}

/* Bind FROM_PATH below FROM over ON_PATH below ON; false where either is a link or missing, or
 * one is a directory and the other is not. */
static bool bind_plain(const char *from, const char *from_path, const char *on,
                       const char *on_path)
{
    IG_AUTO_CLOSE int source = open_plain(from, from_path);
    IG_AUTO_CLOSE int target = open_plain(on, on_path);
    struct stat s;
    struct stat d;
    if (source < 0 || target < 0 || fstat(source, &s) != 0 || fstat(target, &d) != 0 ||
        S_ISLNK(s.st_mode) || S_ISLNK(d.st_mode)) {
        return false;
    }
    IG_AUTO_FREE char *source_name = ig_format("/proc/self/fd/%d", source);
    IG_AUTO_FREE char *target_name = ig_format("/proc/self/fd/%d", target);
    return mount(source_name, target_name, NULL, MS_BIND, NULL) == 0;
}

/* Entries below BASE, each in the root or in a directory made before. */
static void populate(struct tree *t, const char *base, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rng *r = &t->rng;
        const char *parent = "";
        if (t->entry_count > 0 && !rng_one_in(r, 4)) {
            parent = t->entries[rng_below(r, t->entry_count)];
            if (!is_directory(base, parent)) {
                parent = "";
            }
        }
        IG_AUTO_FREE char *longest = long_name(255);
        const char *name = rng_one_in(r, 20) ? longest : RNG_PICK(r, names);
        IG_AUTO_FREE char *path = ig_format("%s/%s", parent, name);
        make_entry(t, base, path);
    }
}

/* chain0 -> chain1 -> ... -> END: the kernel follows 40 links, not 41. */
static void make_chain(struct tree *t, const char *base)
{
    size_t length = 38 + rng_below(&t->rng, 5);
    IG_AUTO_FREE char *end = random_path(t);
    for (size_t i = 0; i < length; i++) {
        IG_AUTO_FREE char *path = ig_format("%s/chain%zu", base, i);
        IG_AUTO_FREE char *target =
            i + 1 == length ? ig_strdup(end)
                            : ig_format("%schain%zu", rng_one_in(&t->rng, 2) ? "/" : "", i + 1);
        MUST(symlink(target, path));
    }
    IG_AUTO_FREE char *loop = ig_format("%s/loop", base);
    MUST(symlink("a/../loop", loop));
    remember(t, "/loop");
    remember(t, "/chain0");
    remember(t, "/chain1");
    remember(t, "/chain3");
}

/* More levels than a container has descriptors. */
static void make_deep(struct tree *t, const char *base)
{
    int at = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < DEEP; i++) {
        MUST(mkdirat(at, "e", 0755));
        int next = openat(at, "e", O_PATH | O_DIRECTORY | O_CLOEXEC);
        MUST(next);
        close(at);
        at = next;
    }
    close(at);
    IG_AUTO_FREE char *link = ig_format("%s/deep", base);
    struct ig_buf target = {0};
    for (int i = 0; i < DEEP; i++) {
        ig_buf_adds(&target, "e/");
    }
    MUST(symlink(ig_buf_text(&target), link));
    ig_buf_free(&target);
    remember(t, "/deep");
}

static void mount_tmpfs(const char *path, unsigned long flags)
{
    MUST(mount("tmpfs", path, "tmpfs", flags, "mode=755"));
}

static char *make_dir(const char *base, const char *name)
{
    char *path = ig_format("%s/%s", base, name);
    MUST(mkdir(path, 0755));
    return path;
}

static void mount_overlay(struct tree *t, const char *base)
{
    IG_AUTO_FREE char *lower = make_dir(base, "lower");
    IG_AUTO_FREE char *upper = make_dir(base, "upper");
    IG_AUTO_FREE char *work = make_dir(base, "work");
    populate(t, lower, 24);
    IG_AUTO_FREE char *options =
        ig_format("lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work);
    if (mount("overlay", t->root, "overlay", 0, options) != 0) {
        fprintf(stderr, "no overlay here (%s): a plain tree instead\n", strerror(errno));
    }
}

/* procfs in the tree, and mounts on directories and files of it. */
static void add_mounts(struct tree *t)
{
    IG_AUTO_FREE char *proc = make_dir(t->root, "proc");
    MUST(mount("/proc", proc, NULL, MS_BIND | MS_REC, NULL));
    IG_AUTO_FREE char *debug = make_dir(t->root, "debug");
    (void)mount("debugfs", debug, "debugfs", 0, NULL);
    IG_AUTO_FREE char *nofollow = make_dir(t->root, "nofollow");
    mount_tmpfs(nofollow, 256 /* MS_NOSYMFOLLOW */);
    IG_AUTO_FREE char *link = ig_format("%s/link", nofollow);
    MUST(symlink("..", link));
    remember(t, "/nofollow/link");
    for (size_t i = 0; i < 4; i++) {
        const char *entry = t->entries[rng_below(&t->rng, t->entry_count)];
        const char *other = t->entries[rng_below(&t->rng, t->entry_count)];
        bind_plain(rng_one_in(&t->rng, 2) ? t->outside : t->root, other, t->root, entry);
    }
}

static void add_graft(struct tree *t)
{
    free(t->view);
    t->view = ig_format("%s-view", t->root);
    MUST(mkdir(t->view, 0755));
    MUST(mount(t->root, t->view, NULL, MS_BIND, NULL));
    for (int tries = 0; tries < 200; tries++) {
        const char *point = t->entries[rng_below(&t->rng, t->entry_count)];
        const char *own = t->entries[rng_below(&t->rng, t->entry_count)];
        if (bind_plain(t->outside, own, t->view, point)) {
            t->graft_point = ig_strdup(point);
            t->graft_own = ig_format("%s%s", t->outside, own);
            return;
        }
    }
}

/* A point whose parents, one at least, are missing: PARENT is the directory that is there. */
static char *missing_point(struct tree *t, char **parent)
{
    struct rng *r = &t->rng;
    *parent = ig_strdup(rng_one_in(r, 3) ? "" : t->entries[rng_below(r, t->entry_count)]);
    IG_AUTO_FREE char *first = ig_format("%s/%s", *parent, RNG_PICK(r, names));
    IG_AUTO_CLOSE int there = open_plain(t->root, first);
    if (!is_directory(t->root, *parent) || there >= 0) {
        free(*parent);
        *parent = NULL;
        return NULL;
    }
    return ig_format("%s/%s%s%s", first, rng_one_in(r, 2) ? RNG_PICK(r, names) : "a",
                     rng_one_in(r, 2) ? "/" : "", rng_one_in(r, 2) ? "b" : "");
}

/* mkdir -p POINT below BASE, of which PARENT is there; what is made is remembered. */
static void make_parents(struct tree *t, const char *base, const char *parent, const char *point)
{
    for (const char *end = point + strlen(parent) + 1;; end++) {
        if (*end == '/' || *end == '\0') {
            IG_AUTO_FREE char *path = ig_strndup(point, (size_t)(end - point));
            IG_AUTO_FREE char *full = ig_format("%s%s", base, path);
            if (path[strlen(path) - 1] != '/') {
                MUST(mkdir(full, 0755));
                remember(t, path);
            }
        }
        if (*end == '\0') {
            return;
        }
    }
}

/* An overlay has the inode numbers of its layers where all lie on one file system. */
static void add_implied(struct tree *t, const char *base)
{
    IG_AUTO_FREE char *upper = make_dir(base, "made");
    IG_AUTO_FREE char *work = make_dir(base, "made-work");
    IG_AUTO_FREE char *options =
        ig_format("lowerdir=%s,upperdir=%s,workdir=%s", t->root, upper, work);
    free(t->view);
    t->view = make_dir(base, "view");
    MUST(mount("overlay", t->view, "overlay", 0, options));
    for (int tries = 0; tries < 200; tries++) {
        const char *own = t->entries[rng_below(&t->rng, t->entry_count)];
        char *parent = NULL;
        char *point = is_directory(t->outside, own) ? missing_point(t, &parent) : NULL;
        if (point != NULL) {
            t->graft_own = ig_format("%s%s", t->outside, own);
            make_parents(t, t->view, parent, point);
            t->graft_point = ig_path_normal(point);
            MUST(bind_plain(t->outside, own, t->view, t->graft_point) ? 0 : -1);
            free(parent);
            free(point);
            return;
        }
    }
}

static void make_tree(struct tree *t, const char *base, size_t number, struct rng *seeds)
{
    *t = (struct tree){.rng = {rng_next(seeds)}, .flavour = (enum flavour)(number % FLAVOURS)};
    mount_tmpfs(base, 0);
    t->outside = make_dir(base, "outside");
    t->root = make_dir(base, "root");
    if (t->flavour == OVERLAY) {
        mount_overlay(t, base);
    }
    populate(t, t->root, 40);
    if (rng_one_in(&t->rng, 3)) {
        make_chain(t, t->root);
    }
    if (rng_one_in(&t->rng, 10)) {
        make_deep(t, t->root);
    }
    /* The same names outside: a walk that escapes finds something there. */
    for (size_t i = 0; i < t->entry_count; i++) {
        make_entry(t, t->outside, t->entries[i]);
    }
    t->view = ig_strdup(t->root);
    if (t->flavour == MOUNTS) {
        add_mounts(t);
    } else if (t->flavour == GRAFT) {
        add_graft(t);
    } else if (t->flavour == IMPLIED) {
        add_implied(t, base);
    }
}

static void free_tree(struct tree *t, const char *base)
{
    for (size_t i = 0; i < t->entry_count; i++) {
        free(t->entries[i]);
    }
    free(t->view);
    free(t->root);
    free(t->outside);
    free(t->graft_point);
    free(t->graft_own);
    MUST(umount2(base, MNT_DETACH));
}

static char *proc_path(struct rng *r)
{
    static const char *const paths[] = {
        "self/exe",      "self/cwd",         "self/root",     "self/root/..", "self/fd/100",
        "self/fd/999",   "self/ns/mnt",      "self/cwd/a",    "self",         "self/",
        "thread-self",   "thread-self/fd/100", "mounts",      "net/dev",      "self/exe/",
        "1/exe",         "1/root/etc",       "self/task/..",  "self/../self", "self/fd",
        "self/fdinfo/100", "sys/kernel/..",  "self/map_files/..", "self/attr/current",
    };
    return ig_format("/proc/%s", RNG_PICK(r, paths));
}

static char *lookup_path(struct tree *t)
{
    struct rng *r = &t->rng;
    if (t->flavour == MOUNTS && rng_one_in(r, 3)) {
        return proc_path(r);
    }
    if (t->flavour == MOUNTS && rng_one_in(r, 12)) {
        /* An automount point, where the kernel has debugfs and tracefs. */
        static const char *const paths[] = {"",    "/",             "/README",
                                            "/..", "/../tracing/.", "/events/.."};
        return ig_format("/debug/tracing%s", RNG_PICK(r, paths));
    }
    if (t->flavour == IMPLIED && t->graft_point != NULL && rng_one_in(r, 3)) {
        /* On the way to the graft, and about there. */
        static const char *const ends[] = {"", "", "/", "/.", "/..", "/../a", "/missing", "/b/.."};
        size_t length = strlen(t->graft_point);
        return ig_format("%.*s%s", (int)(length - rng_below(r, length < 5 ? length : 5)),
                         t->graft_point, RNG_PICK(r, ends));
    }
    size_t kind = rng_below(r, 60);
    if (kind == 0) {
        return ig_strdup("");
    }
    if (kind == 1) {
        return ig_strdup("/");
    }
    char *path = random_path(t);
    if (kind == 2) {
        /* Around PATH_MAX: slashes in front do not matter otherwise. */
        size_t pad = 4093 + rng_below(r, 5);
        char *padded = ig_format("%*s%s", (int)(pad - strlen(path) % pad), "", path);
        for (char *c = padded; *c == ' '; c++) {
            *c = '/';
        }
        free(path);
        return padded;
    }
    if (kind == 3) {
        struct ig_buf deep = {0};
        for (int i = 0; i < DEEP; i++) {
            ig_buf_adds(&deep, "e/");
        }
        for (size_t up = rng_below(r, DEEP / 3); up > 0; up--) {
            ig_buf_adds(&deep, "../");
        }
        if (deep.length > 4095) {
            deep.data[4094] = '\0';
        }
        free(path);
        return ig_buf_steal(&deep);
    }
    return path;
}

/* Other processes' mounts and renames make openat2 give up with EAGAIN at "..". They also make it
 * start anew without forgetting the links that it had followed (set_nameidata() in fs/namei.c is
 * called once for both tries), so that it says ELOOP of 21 links or more: asked again it finds them. */
static int kernel_open(int dir, const char *path, bool nofollow)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    for (int tries = 0;; tries++) {
        int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
        int most = errno == EAGAIN ? 10000 : errno == ELOOP ? 20 : 0;
        if (fd >= 0 || tries >= most) {
            return fd;
        }
    }
}

static void show(const struct tree *t, const char *path, const struct ig_walk *walk, int number)
{
    IG_AUTO_FREE char *shown = ig_escaped(path);
    IG_AUTO_FREE char *ended = ig_escaped(walk->path);
    printf("differ: uid %u, flavour %d, \"%.300s\": walker %s at \"%.300s\", kernel %s\n",
           (unsigned)geteuid(), t->flavour, shown, walk->error ? strerror(walk->error) : "found",
           ended, number ? strerror(number) : "found");
}

static bool same_inode(const struct tree *t, int fd, const struct ig_walk *walk)
{
    struct ig_meta meta;
    const struct ig_meta *final = &ig_walk_final(walk)->meta;
    struct stat s;
    if (ig_meta_of_fd(fd, &meta, NULL) != 0) {
        return false;
    }
    if (t->flavour == IMPLIED && walk->fd < 0) {
        return walk->parent_fd < 0 && walk->name == NULL && meta.mode == final->mode &&
               meta.uid == final->uid && meta.gid == final->gid;
    }
    if (t->flavour == IMPLIED && strcmp(walk->path, "/") == 0) {
        return meta.mode == final->mode;  /* an overlay's root has its upper layer's number */
    }
    if (fstat(walk->fd, &s) != 0) {
        return false;
    }
    bool same = (t->flavour == IMPLIED || meta.dev == final->dev) && meta.ino == final->ino && meta.mode == final->mode &&
                s.st_dev == final->dev && s.st_ino == final->ino &&
                (t->flavour >= GRAFT || meta.mnt_id == final->mnt_id);
    ig_meta_free(&meta);
    return same;
}

/* The final's directory and name must lead to it. */
static bool parent_leads(const struct ig_walk *walk)
{
    struct stat s;
    const struct ig_meta *final = &ig_walk_final(walk)->meta;
    if (walk->fd < 0) {
        return true;  /* implied: it lies nowhere */
    }
    if (walk->name == NULL) {
        return walk->parent_fd < 0 && strcmp(walk->path, "/") == 0;
    }
    if (fstatat(walk->parent_fd, walk->name, &s, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    return s.st_dev == final->dev && s.st_ino == final->ino;
}

/* One look by each. *NUMBER is the kernel's answer. */
static bool answers_agree(struct tree *t, const struct ig_fsroot *root, int dir, const char *path,
                          bool nofollow, struct ig_walk *walk, int *number)
{
    ig_fsroot_walk(root, path, nofollow ? IG_WALK_NOFOLLOW : 0, walk);
    int fd = kernel_open(dir, path, nofollow);
    *number = fd < 0 ? errno : 0;
    bool agree = walk->error == *number;
    if (agree && *number == 0) {
        agree = same_inode(t, fd, walk) && parent_leads(walk);
    }
    if (fd >= 0) {
        close(fd);
    }
    return agree;
}

/* Where the short walk has an answer, it is the whole one's. */
static bool near_agrees(const struct ig_fsroot *root, const char *path, const struct ig_walk *walk,
                        struct tally *tally)
{
    IG_AUTO_ARENA struct ig_arena memory = {0};
    const char *slash = strrchr(path, '/');
    struct ig_dir *dir = NULL;
    struct ig_walk near;
    if (slash == NULL || slash[1] == '\0' || strlen(path) >= PATH_MAX) {
        return true;
    }
    IG_AUTO_FREE char *parent = ig_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (ig_dir_open(root, parent, 0, &dir) != 0) {
        return true;
    }
    int number = ig_dir_walk_near(dir, slash + 1, &memory, &near);
    bool agree = number < 0 || number == walk->error;
    if (agree && number == 0) {
        tally->near++;
        agree = near.count == walk->count && strcmp(near.path, walk->path) == 0 &&
                ig_meta_same_content(&ig_walk_final(&near)->meta, &ig_walk_final(walk)->meta);
    }
    for (size_t i = 0; agree && i < near.count; i++) {
        agree = near.hops[i].kind == walk->hops[i].kind &&
                near.hops[i].meta.mnt_id == walk->hops[i].meta.mnt_id &&
                strcmp(near.hops[i].path, walk->hops[i].path) == 0;
    }
    ig_walk_free(&near);
    ig_dir_close(dir);
    return agree;
}

static void compare(struct tree *t, struct tally *tally, const struct ig_fsroot *root, int dir,
                    const char *path, bool nofollow)
{
    struct ig_walk walk;
    int number = 0;
    bool agree = answers_agree(t, root, dir, path, nofollow, &walk, &number);
    /* A mount that an automount point triggers counts as a link (follow_automount() in fs/namei.c),
     * but only where it has expired since the last look: on a busy machine one of the two may meet
     * that. What differs twice differs. */
    if (!agree) {
        ig_walk_free(&walk);
        agree = answers_agree(t, root, dir, path, nofollow, &walk, &number);
    }
    agree = agree && (nofollow || near_agrees(root, path, &walk, tally));
    tally->lookups++;
    tally->agreed += agree;
    tally->results[number & 4095]++;
    tally->implied += walk.error == 0 && walk.fd < 0;
    if (!agree && tally->shown++ < SHOWN_MAX) {
        show(t, path, &walk, number);
    }
    ig_walk_free(&walk);
}

static void look_up_all(struct tree *t, struct tally *tally)
{
    struct ig_fsroot *root;
    struct ig_error e;
    if (ig_fsroot_open(t->root, &root, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(2);
    }
    if (t->graft_point != NULL && ig_fsroot_graft(root, t->graft_point, t->graft_own, &e) != 0) {
        /* An ordinary user may not reach what root grafted. */
        ig_fsroot_close(root);
        return;
    }
    int dir = open(t->view, O_PATH | O_DIRECTORY | O_CLOEXEC);
    MUST(dir);
    for (size_t i = 0; i < LOOKUPS; i++) {
        IG_AUTO_FREE char *path = lookup_path(t);
        compare(t, tally, root, dir, path, rng_one_in(&t->rng, 4));
    }
    close(dir);
    ig_fsroot_close(root);
}

/* The same as uid 1001, in a process of its own, whose tally comes back through a pipe. */
static void look_up_as_other(struct tree *t, struct tally *tally)
{
    int ends[2];
    MUST(pipe(ends));
    fflush(stdout);
    pid_t child = fork();
    MUST(child);
    if (child == 0) {
        MUST(setgroups(0, NULL));
        MUST(setresgid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID));
        MUST(setresuid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID));
        look_up_all(t, tally);
        fflush(stdout);
        _exit(write(ends[1], tally, sizeof *tally) == sizeof *tally ? 0 : 2);
    }
    int status;
    struct tally theirs;
    close(ends[1]);
    size_t got = 0;
    for (ssize_t n; got < sizeof theirs &&
                    (n = read(ends[0], (char *)&theirs + got, sizeof theirs - got)) > 0;) {
        got += (size_t)n;
    }
    close(ends[0]);
    MUST(waitpid(child, &status, 0));
    if (got != sizeof theirs || status != 0) {
        fprintf(stderr, "the process of uid %d failed\n", ORDINARY_ID);
        exit(2);
    }
    *tally = theirs;
}

static bool saw_everything(const struct tally *tally)
{
    static const struct {
        int number;
        size_t least;
    } wanted[] = {{0, 2000},   {ENOENT, 1000}, {ENOTDIR, 300},
                  {ELOOP, 300}, {EACCES, 100},  {ENAMETOOLONG, 100}};
    bool good = true;
    for (size_t i = 0; i < IG_COUNT(wanted); i++) {
        const char *name = wanted[i].number != 0 ? ig_errno_name(wanted[i].number) : "found";
        printf("%s %zu\n", name, tally->results[wanted[i].number]);
        good = good && tally->results[wanted[i].number] >= wanted[i].least;
    }
    printf("implied %zu\nnear %zu\n", tally->implied, tally->near);
    good = good && tally->implied >= 300 && tally->near >= 100;
    if (!good) {
        printf("too few of one of them: the trees no longer test what they should\n");
    }
    return good;
}

int main(int argc, char **argv)
{
    char base[] = "/tmp/ig-openat2-XXXXXX";
    struct rng seeds = {tree_seed(argc, argv)};
    struct tally tally = {0};
    struct rlimit files = {128, 128};
    umask(0);
    tree_enter_namespace(base);
    MUST(setrlimit(RLIMIT_NOFILE, &files));
    int known = open("/etc", O_PATH | O_CLOEXEC);
    MUST(known);
    MUST(dup2(known, KNOWN_FD));
    close(known);
    for (size_t i = 0; i < TREES; i++) {
        struct tree t;
        make_tree(&t, base, i, &seeds);
        look_up_all(&t, &tally);
        look_up_as_other(&t, &tally);
        free_tree(&t, base);
    }
    MUST(rmdir(base));
    bool everything = saw_everything(&tally);
    printf("%zu of %zu agree\n", tally.agreed, tally.lookups);
    return tally.agreed == tally.lookups && everything ? 0 : 1;
}
