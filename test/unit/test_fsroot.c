/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hops, grafts and reading, row by row. That the walker finds what the kernel finds is
 * oracle_openat2.c's part; what is asserted here is what only the walker tells.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/fsroot.h"
#include "fsroot/list.h"
#include "kernel/mountinfo.h"

enum { DEEP = 1000, ORDINARY_ID = 1001 };

static char base[64];
static struct ig_fsroot *root;

static char *below(const char *path)
{
    return ig_format("%s/%s", base, path);
}

static void make_dir(const char *path, mode_t mode)
{
    char *full = below(path);
    ck_assert_int_eq(mkdir(full, 0755), 0);
    ck_assert_int_eq(chmod(full, mode), 0);
    free(full);
}

static void make_file(const char *path, const char *content)
{
    char *full = below(path);
    int fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
    free(full);
}

static void make_link(const char *path, const char *target)
{
    char *full = below(path);
    ck_assert_int_eq(symlink(target, full), 0);
    free(full);
}

static void open_root(const char *path)
{
    char *full = below(path);
    struct ig_error e = {0};
    ck_assert_msg(ig_fsroot_open(full, &root, &e) == 0, "%s", e.text);
    free(full);
}

static void set_up(void)
{
    snprintf(base, sizeof base, "/tmp/ig-fsroot-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    ck_assert_int_eq(chmod(base, 0755), 0);
    make_dir("root", 0755);
    make_dir("root/etc", 0755);
    make_file("root/etc/passwd", "inside\n");
    make_dir("root/usr", 0755);
    make_dir("root/usr/bin", 0755);
    make_file("root/usr/bin/prog", "prog\n");
    make_link("root/bin", "usr/bin");
    make_link("root/usr/bin/abs", "/etc/passwd");
    make_link("root/usr/bin/up", "../../../../etc/passwd");
    make_link("root/usr/bin/chain", "up");
    make_link("root/loop", "etc/../loop");
    make_link("root/dangling", "nowhere/x");
    make_link("root/dir-slash", "etc/");
    make_link("root/file-slash", "etc/passwd/");
    make_link("root/to-root", "/");
    make_link("root/new\nline", "etc");
    make_dir("root/empty", 0755);
    make_dir("outside", 0755);
    make_dir("outside/etc", 0755);
    make_file("outside/etc/passwd", "outside\n");
    make_dir("vol", 0755);
    make_file("vol/data", "data\n");
    make_link("vol/abs", "/etc/passwd");
    make_link("vol/up", "../etc/passwd");
    make_link("vol/near", "sub/file");
    make_dir("vol/sub", 0755);
    make_file("vol/sub/file", "file\n");
    make_link("vol/link-to-data", "data");
    char *fifo = below("root/fifo");
    ck_assert_int_eq(mkfifo(fifo, 0644), 0);
    free(fifo);
    open_root("root");
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void tear_down(void)
{
    ig_fsroot_close(root);
    ck_assert_int_eq(nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT), 0);
}

/* "D/ L/bin>usr/bin D/usr D/usr/bin F/usr/bin/prog"; lower-case letters on a grafted volume,
 * "!" behind a trailing link. */
static char *hops_text(const struct ig_walk *walk)
{
    struct ig_buf text = {0};
    for (size_t i = 0; i < walk->count; i++) {
        const struct ig_hop *hop = &walk->hops[i];
        ig_buf_addf(&text, "%s%c%s", i != 0 ? " " : "", (hop->grafted ? "dlf" : "DLF")[hop->kind],
                    hop->path);
        if (hop->target != NULL) {
            ig_buf_addf(&text, ">%s%s", hop->target, hop->trailing ? "!" : "");
        }
    }
    return ig_buf_steal(&text);
}

struct row {
    const char *path;
    unsigned flags;
    int error;
    const char *at;    /* walk.path */
    const char *hops;
};

/* Every hop's meta must be that of its path: each hop, walked to by its own path without
 * following, is the same inode. */
static void check_hops_by_path(const struct ig_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        struct ig_walk again;
        ig_fsroot_walk(root, walk->hops[i].path, IG_WALK_NOFOLLOW, &again);
        const struct ig_hop *final = ig_walk_final(&again);
        ck_assert_ptr_nonnull(final);
        ck_assert_uint_eq(final->meta.ino, walk->hops[i].meta.ino);
        ck_assert_uint_eq(final->meta.mode, walk->hops[i].meta.mode);
        ig_walk_free(&again);
    }
}

static void check_row(const struct row *row)
{
    struct ig_walk walk;
    int result = ig_fsroot_walk(root, row->path, row->flags, &walk);
    ck_assert_msg(walk.error == row->error, "%s: errno %d", row->path, walk.error);
    ck_assert_int_eq(result, row->error != 0 ? -1 : 0);
    ck_assert_str_eq(walk.path, row->at);
    char *hops = hops_text(&walk);
    ck_assert_str_eq(hops, row->hops);
    free(hops);
    check_hops_by_path(&walk);
    const struct ig_hop *final = ig_walk_final(&walk);
    if (row->error != 0) {
        ck_assert_ptr_null(final);
        ck_assert_int_eq(walk.fd, -1);
        ck_assert_int_eq(walk.parent_fd, -1);
        ck_assert_ptr_null(walk.name);
    } else {
        struct stat s;
        ck_assert_str_eq(final->path, walk.path);
        ck_assert_int_eq(fstat(walk.fd, &s), 0);
        ck_assert_uint_eq(s.st_ino, final->meta.ino);
        ck_assert_int_ne(fcntl(walk.fd, F_GETFD) & FD_CLOEXEC, 0);
    }
    ig_walk_free(&walk);
}

static const struct row plain_rows[] = {
    {"/", 0, 0, "/", "F/"},
    {"//", 0, 0, "/", "F/"},
    {".", 0, 0, "/", "D/ F/"},
    {"..", 0, 0, "/", "D/ F/"},
    {"/../..", 0, 0, "/", "D/ F/"},
    {"/etc/passwd", 0, 0, "/etc/passwd", "D/ D/etc F/etc/passwd"},
    {"etc//./passwd", 0, 0, "/etc/passwd", "D/ D/etc F/etc/passwd"},
    {"/etc", 0, 0, "/etc", "D/ F/etc"},
    {"/etc/", 0, 0, "/etc", "D/ F/etc"},
    {"/etc/.", 0, 0, "/etc", "D/ D/etc F/etc"},
    {"/etc/..", 0, 0, "/", "D/ D/etc F/"},
    {"/usr/bin/../../etc/passwd", 0, 0, "/etc/passwd",
     "D/ D/usr D/usr/bin D/usr D/ D/etc F/etc/passwd"},
    {"/bin/prog", 0, 0, "/usr/bin/prog", "D/ L/bin>usr/bin D/usr D/usr/bin F/usr/bin/prog"},
    {"/bin/abs", 0, 0, "/etc/passwd",
     "D/ L/bin>usr/bin D/usr D/usr/bin L/usr/bin/abs>/etc/passwd! D/ D/etc F/etc/passwd"},
    {"/usr/bin/chain", 0, 0, "/etc/passwd",
     "D/ D/usr D/usr/bin L/usr/bin/chain>up! L/usr/bin/up>../../../../etc/passwd! D/usr D/ "
     "D/etc F/etc/passwd"},
    {"/bin", IG_WALK_NOFOLLOW, 0, "/bin", "D/ F/bin"},
    {"/bin/", IG_WALK_NOFOLLOW, 0, "/usr/bin", "D/ L/bin>usr/bin! D/usr F/usr/bin"},
    {"/bin/.", IG_WALK_NOFOLLOW, 0, "/usr/bin", "D/ L/bin>usr/bin D/usr D/usr/bin F/usr/bin"},
    {"/dangling", IG_WALK_NOFOLLOW, 0, "/dangling", "D/ F/dangling"},
    {"/dir-slash", 0, 0, "/etc", "D/ L/dir-slash>etc/! F/etc"},
    {"/to-root", 0, 0, "/", "D/ L/to-root>/! F/"},
    {"/to-root/etc", 0, 0, "/etc", "D/ L/to-root>/ D/ F/etc"},
    {"/new\nline/passwd", 0, 0, "/etc/passwd", "D/ L/new\nline>etc D/etc F/etc/passwd"},
    {"/fifo", 0, 0, "/fifo", "D/ F/fifo"},
    {"", 0, ENOENT, "", ""},
    {"/nowhere", 0, ENOENT, "/nowhere", "D/"},
    {"/etc/nowhere/x", 0, ENOENT, "/etc/nowhere", "D/ D/etc"},
    {"/dangling", 0, ENOENT, "/nowhere", "D/ L/dangling>nowhere/x!"},
    {"/etc/passwd/", 0, ENOTDIR, "/etc/passwd", "D/ D/etc"},
    {"/etc/passwd/..", 0, ENOTDIR, "/etc/passwd", "D/ D/etc"},
    {"/etc/passwd/x", 0, ENOTDIR, "/etc/passwd", "D/ D/etc"},
    {"/file-slash", 0, ENOTDIR, "/etc/passwd", "D/ L/file-slash>etc/passwd/! D/etc"},
    {"/fifo/", IG_WALK_NOFOLLOW, ENOTDIR, "/fifo", "D/"},
};

START_TEST(hops_are_reported)
{
    check_row(&plain_rows[_i]);
}
END_TEST

START_TEST(loop_ends_after_40_links)
{
    struct ig_walk walk;
    ck_assert_int_eq(ig_fsroot_walk(root, "/loop", 0, &walk), -1);
    ck_assert_int_eq(walk.error, ELOOP);
    ck_assert_str_eq(walk.path, "/loop");
    size_t links = 0;
    for (size_t i = 0; i < walk.count; i++) {
        links += walk.hops[i].kind == IG_HOP_LINK;
    }
    ck_assert_uint_eq(links, 40);
    ig_walk_free(&walk);
}
END_TEST

START_TEST(lengths_are_limited)
{
    static const struct {
        char fill;
        size_t length;
        int error;
    } lengths[] = {{'/', 4095, 0},   {'/', 4096, ENAMETOOLONG}, {'/', 100000, ENAMETOOLONG},
                   {'n', 255, ENOENT}, {'n', 256, ENAMETOOLONG}};
    for (size_t i = 0; i < IG_COUNT(lengths); i++) {
        struct ig_walk walk;
        char *path = ig_alloc(lengths[i].length + 1);
        memset(path, lengths[i].fill, lengths[i].length);
        ig_fsroot_walk(root, path, 0, &walk);
        ck_assert_int_eq(walk.error, lengths[i].error);
        ig_walk_free(&walk);
        free(path);
    }
}
END_TEST

/* Below "deep": DEEP levels, at whose end each of COUNT links leads from the root to the next. */
static void make_deep(size_t count)
{
    char *top = below("root/deep");
    struct ig_buf path = {0};
    ck_assert_int_eq(mkdir(top, 0755), 0);
    int at = open(top, O_PATH | O_CLOEXEC);
    ig_buf_adds(&path, "/deep");
    for (int i = 0; i < DEEP; i++) {
        ck_assert_int_eq(mkdirat(at, "e", 0755), 0);
        int next = openat(at, "e", O_PATH | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        close(at);
        at = next;
        ig_buf_adds(&path, "/e");
    }
    for (size_t i = 0; i < count; i++) {
        char *name = ig_format("l%zu", i);
        char *target = ig_format("%s/l%zu", ig_buf_text(&path), i + 1);
        ck_assert_int_eq(symlinkat(target, at, name), 0);
        free(name);
        free(target);
    }
    char *last = ig_format("l%zu", count);
    ck_assert_int_eq(mkdirat(at, last, 0755), 0);
    free(last);
    ig_buf_adds(&path, "/l0");
    make_link("root/into-deep", path.data);
    ig_buf_free(&path);
    close(at);
    free(top);
}

START_TEST(levels_take_no_descriptors)
{
    struct rlimit files = {32, 32};
    struct ig_walk walk;
    struct ig_buf path = {0};
    make_deep(0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ig_buf_adds(&path, "/into-deep");
    for (int i = 0; i < DEEP + 2; i++) {
        ig_buf_adds(&path, "/..");
    }
    ck_assert_msg(ig_fsroot_walk(root, path.data, 0, &walk) == 0, "errno %d", walk.error);
    ck_assert_str_eq(walk.path, "/");
    ck_assert_uint_eq(walk.count, 2 * DEEP + 7);
    ig_walk_free(&walk);
    ig_buf_free(&path);
}
END_TEST

START_TEST(hops_take_bounded_memory)
{
    struct ig_walk walk;
    make_deep(30);
    ck_assert_int_eq(ig_fsroot_walk(root, "/into-deep", 0, &walk), -1);
    ck_assert_int_eq(walk.error, ENAMETOOLONG);
    size_t bytes = 0;
    for (size_t i = 0; i < walk.count; i++) {
        bytes += strlen(walk.hops[i].path);
    }
    ck_assert_uint_gt(bytes, 15U << 20);
    ck_assert_uint_lt(bytes, 17U << 20);
    ig_walk_free(&walk);
}
END_TEST

/* Run BODY in a process of its own, which may ruin itself; 0 is good. */
static void in_child(int (*body)(void))
{
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(body());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "step %d failed", WEXITSTATUS(status));
}

/* As an ordinary user where this is root, to whom nothing is locked. */
static int refused_as_ordinary_user(void)
{
    static const struct row rows[] = {
        {"/locked/x", 0, EACCES, "/locked", "D/ D/locked"},
        {"/locked/.", 0, EACCES, "/locked", "D/ D/locked"},
        {"/locked/..", 0, EACCES, "/locked", "D/ D/locked"},
        {"/locked/x/y", 0, EACCES, "/locked", "D/ D/locked"},
        {"/locked", 0, 0, "/locked", "D/ F/locked"},
        {"/locked/", 0, 0, "/locked", "D/ F/locked"},
    };
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) != 0 ||
         setresuid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) != 0)) {
        return 100;
    }
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        struct ig_walk walk;
        ig_fsroot_walk(root, rows[i].path, rows[i].flags, &walk);
        char *hops = hops_text(&walk);
        if (walk.error != rows[i].error || strcmp(walk.path, rows[i].at) != 0 ||
            strcmp(hops, rows[i].hops) != 0) {
            fprintf(stderr, "%s: %d at %s, %s\n", rows[i].path, walk.error, walk.path, hops);
            return (int)i + 1;
        }
        free(hops);
        ig_walk_free(&walk);
    }
    return 0;
}

START_TEST(unsearchable_directory_refuses)
{
    make_dir("root/locked", 0600);
    in_child(refused_as_ordinary_user);
}
END_TEST

/* Magic links of procfs, and the plain ones beside them, with "/" as the root. */
START_TEST(magic_links_are_refused)
{
    static const struct {
        const char *path;
        unsigned flags;
        int error;
    } rows[] = {
        {"/proc/self/exe", 0, ELOOP},
        {"/proc/self/cwd/x", 0, ELOOP},
        {"/proc/self/root/etc", 0, ELOOP},
        {"/proc/self/fd/0", 0, ELOOP},
        {"/proc/thread-self/ns/mnt", 0, ELOOP},
        {"/proc/self/exe", IG_WALK_NOFOLLOW, 0},
        {"/proc/self/exe/", IG_WALK_NOFOLLOW, ELOOP},
        {"/proc/self/status", 0, 0},
        {"/proc/thread-self/status", 0, 0},
        {"/proc/mounts", 0, 0},
        {"/proc/net/dev", 0, 0},
        {"/proc/self/fd/12345", 0, ENOENT},
    };
    struct ig_fsroot *process;
    ck_assert_int_eq(ig_fsroot_open("/", &process, NULL), 0);
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        struct ig_walk walk;
        ig_fsroot_walk(process, rows[i].path, rows[i].flags, &walk);
        ck_assert_msg(walk.error == rows[i].error, "%s: %d", rows[i].path, walk.error);
        ig_walk_free(&walk);
    }
    ig_fsroot_close(process);
}
END_TEST

/* A directory that is moved out of the root while the walker stands in it: ".." must not lead
 * to where it lies now. */
START_TEST(moved_directory_does_not_let_out)
{
    make_dir("root/a", 0755);
    make_dir("root/a/b", 0755);
    make_file("root/a/here", "in\n");
    make_file("outside/here", "out\n");
    char *inside = below("root/a/b");
    char *outside = below("outside/b");
    char *secret = below("outside/here");
    struct stat s;
    ck_assert_int_eq(stat(secret, &s), 0);
    pid_t mover = fork();
    ck_assert_int_ge(mover, 0);
    while (mover == 0) {
        rename(inside, outside);
        rename(outside, inside);
    }
    size_t found = 0;
    size_t moved = 0;
    for (int i = 0; i < 30000; i++) {
        struct ig_walk walk;
        ig_fsroot_walk(root, "a/b/../here", 0, &walk);
        const struct ig_hop *final = ig_walk_final(&walk);
        ck_assert(final == NULL || final->meta.ino != s.st_ino);
        ck_assert(final != NULL || walk.error == ENOENT || walk.error == EAGAIN);
        found += final != NULL;
        moved += walk.error == EAGAIN;
        ig_walk_free(&walk);
    }
    kill(mover, SIGKILL);
    ck_assert_int_eq(waitpid(mover, NULL, 0), mover);
    ck_assert_uint_gt(found, 0);
    ck_assert_uint_gt(moved, 0);
    rename(outside, inside);
    free(inside);
    free(outside);
    free(secret);
}
END_TEST

static int graft(const char *point, const char *own, struct ig_error *e)
{
    char *full = below(own);
    int result = ig_fsroot_graft(root, point, full, e);
    free(full);
    return result;
}

static const struct row graft_rows[] = {
    {"/data", 0, 0, "/data", "D/ f/data"},
    {"/data/data", 0, 0, "/data/data", "D/ d/data f/data/data"},
    {"/data/..", 0, 0, "/", "D/ d/data F/"},
    {"/data/../etc/passwd", 0, 0, "/etc/passwd", "D/ d/data D/ D/etc F/etc/passwd"},
    {"/data/sub/../../etc", 0, 0, "/etc", "D/ d/data d/data/sub d/data D/ F/etc"},
    {"/data/abs", 0, 0, "/etc/passwd", "D/ d/data l/data/abs>/etc/passwd! D/ D/etc F/etc/passwd"},
    {"/data/up", 0, 0, "/etc/passwd", "D/ d/data l/data/up>../etc/passwd! D/ D/etc F/etc/passwd"},
    {"/data/near", 0, 0, "/data/sub/file",
     "D/ d/data l/data/near>sub/file! d/data/sub f/data/sub/file"},
    {"/data/nowhere", 0, ENOENT, "/data/nowhere", "D/ d/data"},
    /* Hides what the root has there, and its own symlink. */
    {"/etc/passwd", 0, 0, "/etc/passwd", "D/ D/etc F/etc/passwd"},
    {"/usr/bin/prog", 0, 0, "/usr/bin/prog", "D/ D/usr D/usr/bin f/usr/bin/prog"},
    {"/usr/bin/prog/", 0, ENOTDIR, "/usr/bin/prog", "D/ D/usr D/usr/bin"},
    {"/bin/prog", 0, 0, "/usr/bin/prog", "D/ L/bin>usr/bin D/usr D/usr/bin f/usr/bin/prog"},
    {"/data/nested/x", 0, ENOENT, "/data/nested", "D/ d/data"},
    {"/data/sub/file", 0, 0, "/data/sub/file", "D/ d/data d/data/sub f/data/sub/file"},
    {"/empty/etc/passwd", 0, 0, "/empty/etc/passwd",
     "D/ d/empty d/empty/etc f/empty/etc/passwd"},
    {"/empty/etc/../../bin", IG_WALK_NOFOLLOW, 0, "/bin",
     "D/ d/empty d/empty/etc d/empty D/ F/bin"},
};

START_TEST(grafts_act_as_mounts)
{
    struct ig_error e = {0};
    ck_assert_msg(graft("/data", "vol", &e) == 0, "%s", e.text);
    ck_assert_msg(graft("/bin/prog", "vol/link-to-data", &e) == 0, "%s", e.text);
    ck_assert_msg(graft("/empty", "vol", &e) == 0, "%s", e.text);
    ck_assert_msg(graft("/empty/../empty/", "outside", &e) == 0, "%s", e.text);
    check_row(&graft_rows[_i]);
}
END_TEST

static char *slurped(const char *path)
{
    struct ig_buf text = {0};
    struct ig_error e = {0};
    ck_assert_msg(ig_fsroot_slurp(root, path, 100, &text, &e) == 0, "%s", e.text);
    return ig_buf_steal(&text);
}

START_TEST(grafted_files_are_read)
{
    ck_assert_int_eq(graft("/etc/passwd", "vol/link-to-data", NULL), 0);
    ck_assert_int_eq(graft("/data", "vol", NULL), 0);
    static const struct {
        const char *path, *text;
    } rows[] = {{"/etc/passwd", "data\n"},
                {"/usr/bin/up", "data\n"},
                {"/data/abs", "data\n"},
                {"/data/sub/file", "file\n"}};
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        char *text = slurped(rows[i].path);
        ck_assert_str_eq(text, rows[i].text);
        free(text);
    }
}
END_TEST

/* A point is where the runtime mounts: behind the image's own symlinks. */
START_TEST(graft_points_are_resolved)
{
    static const struct {
        const char *point, *path;
        int error;
    } rows[] = {
        {"/bin", "/usr/bin/data", 0},         {"/bin/", "/bin/data", 0},
        {"/bin/new", "/usr/bin/new/data", 0}, {"/to-root/etc/../new", "/new/data", 0},
        {"/etc/new", "/etc/new/data", 0},     {"//etc//new", "/etc/new/sub/file", 0},
        /* The link leads to nowhere/x, which is missing, as is its parent. */
        {"/dangling", "/dangling/data", 0},   {"/nowhere/x/y", "/nowhere/x/y/data", 0},
    };
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        struct ig_walk walk;
        ig_fsroot_close(root);
        open_root("root");
        ck_assert_int_eq(graft(rows[i].point, "vol", NULL), 0);
        ig_fsroot_walk(root, rows[i].path, 0, &walk);
        ck_assert_msg(walk.error == rows[i].error, "%s: %d", rows[i].path, walk.error);
        ck_assert(walk.error != 0 || ig_walk_final(&walk)->grafted);
        ig_walk_free(&walk);
    }
}
END_TEST

/* A runtime makes what is missing on the way to a mount point. */
static const struct row implied_rows[] = {
    {"/srv/app/data/data", 0, 0, "/srv/app/data/data",
     "D/ D/srv D/srv/app d/srv/app/data f/srv/app/data/data"},
    {"/srv/app/data/near", 0, 0, "/srv/app/data/sub/file",
     "D/ D/srv D/srv/app d/srv/app/data l/srv/app/data/near>sub/file! d/srv/app/data/sub "
     "f/srv/app/data/sub/file"},
    {"/srv/app/data/..", 0, 0, "/srv/app", "D/ D/srv D/srv/app d/srv/app/data F/srv/app"},
    {"/srv/app/data/../../../etc", 0, 0, "/etc",
     "D/ D/srv D/srv/app d/srv/app/data D/srv/app D/srv D/ F/etc"},
    {"/srv/app", 0, 0, "/srv/app", "D/ D/srv F/srv/app"},
    {"/srv/./app/", 0, 0, "/srv/app", "D/ D/srv F/srv/app"},
    {"/srv", 0, 0, "/srv", "D/ F/srv"},
    {"/srv/..", 0, 0, "/", "D/ D/srv F/"},
    {"/srv/ap", 0, ENOENT, "/srv/ap", "D/ D/srv"},
    {"/srv/app/dat", 0, ENOENT, "/srv/app/dat", "D/ D/srv D/srv/app"},
    {"/srv/application", 0, ENOENT, "/srv/application", "D/ D/srv"},
    {"/srv/file", 0, 0, "/srv/file", "D/ D/srv f/srv/file"},
    {"/srv/file/", 0, ENOTDIR, "/srv/file", "D/ D/srv"},
    {"/srv/app/data/abs", 0, 0, "/etc/passwd",
     "D/ D/srv D/srv/app d/srv/app/data l/srv/app/data/abs>/etc/passwd! D/ D/etc F/etc/passwd"},
    /* A missing parent on a volume is made there. */
    {"/data/deep", 0, 0, "/data/deep", "D/ d/data f/data/deep"},
    {"/data/deep/er/data", 0, 0, "/data/deep/er/data",
     "D/ d/data d/data/deep d/data/deep/er f/data/deep/er/data"},
};

static void graft_without_parents(void)
{
    ck_assert_int_eq(graft("/srv/app/data", "vol", NULL), 0);
    ck_assert_int_eq(graft("/srv/file", "vol/data", NULL), 0);
    ck_assert_int_eq(graft("/data", "vol", NULL), 0);
    ck_assert_int_eq(graft("/data/deep/er", "vol", NULL), 0);
}

/* Not check_row(): what is implied has no inode to compare. */
START_TEST(missing_parents_are_implied)
{
    const struct row *row = &implied_rows[_i];
    struct ig_walk walk;
    graft_without_parents();
    ig_fsroot_walk(root, row->path, row->flags, &walk);
    char *hops = hops_text(&walk);
    ck_assert_msg(walk.error == row->error, "%s: %d", row->path, walk.error);
    ck_assert_str_eq(walk.path, row->at);
    ck_assert_str_eq(hops, row->hops);
    free(hops);
    ig_walk_free(&walk);
}
END_TEST

START_TEST(implied_directories_are_nowhere)
{
    struct ig_walk walk;
    struct ig_error e = {0};
    graft_without_parents();
    ck_assert_int_eq(ig_fsroot_walk(root, "/srv/app", 0, &walk), 0);
    const struct ig_meta *meta = &ig_walk_final(&walk)->meta;
    ck_assert_uint_eq(meta->mode, S_IFDIR | 0755);
    ck_assert_uint_eq(meta->uid, 0);
    ck_assert_uint_eq(meta->gid, 0);
    ck_assert_uint_eq(meta->mnt_id, walk.hops[0].meta.mnt_id);
    ck_assert_int_eq(walk.fd, -1);
    ck_assert_int_eq(walk.parent_fd, -1);
    ck_assert_ptr_null(walk.name);
    ck_assert_int_eq(ig_walk_open(&walk, &e), -1);
    ck_assert_int_eq(e.number, EINVAL);
    ig_walk_free(&walk);
}
END_TEST

START_TEST(implied_directories_are_looked_into)
{
    static const struct {
        const char *dir, *name;
        int number;
    } rows[] = {
        {"/", "srv", 0},          {"/", "sr", ENOENT},          {"/srv", "app", 0},
        {"/srv", "file", 0},      {"/srv", "none", ENOENT},     {"/srv/app", "data", 0},
        {"/srv/app", "x", ENOENT}, {"/srv/app/data", "sub", 0}, {"/data", "deep", 0},
    };
    graft_without_parents();
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        struct ig_dir *dir = NULL;
        struct ig_walk walk;
        ck_assert_int_eq(ig_dir_open(root, rows[i].dir, 0, &dir), 0);
        ck_assert_int_eq(ig_dir_look(dir, rows[i].name), rows[i].number);
        ig_dir_walk(dir, rows[i].name, 0, &walk);
        ck_assert_int_eq(walk.error, rows[i].number);
        ig_walk_free(&walk);
        ig_dir_close(dir);
    }
}
END_TEST

START_TEST(grafts_within_grafts)
{
    static const struct row rows[] = {
        {"/data/sub/data", 0, 0, "/data/sub/data", "D/ d/data d/data/sub f/data/sub/data"},
        {"/data/sub/up", 0, ENOENT, "/data/etc",
         "D/ d/data d/data/sub l/data/sub/up>../etc/passwd! d/data"},
        {"/data/sub/../data", 0, 0, "/data/data", "D/ d/data d/data/sub d/data f/data/data"},
        {"/data/sub/../../etc", 0, 0, "/etc", "D/ d/data d/data/sub d/data D/ F/etc"},
        {"/data/sub/sub/..", 0, 0, "/data/sub", "D/ d/data d/data/sub d/data/sub/sub f/data/sub"},
    };
    ck_assert_int_eq(graft("/data", "vol", NULL), 0);
    ck_assert_int_eq(graft("/data/sub", "vol", NULL), 0);
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        check_row(&rows[i]);
    }
}
END_TEST

START_TEST(bad_grafts_are_refused)
{
    static const struct {
        const char *point, *own;
        int number;
    } rows[] = {
        {"/", "vol", EINVAL},         {"/..", "vol", EINVAL},   {"/to-root", "vol", EINVAL},
        {"data", "vol", EINVAL},      {"", "vol", EINVAL},      {"/data", "vol/nowhere", ENOENT},
        {"/data", "vol/data/x", ENOTDIR},
    };
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        struct ig_error e = {0};
        ck_assert_int_eq(graft(rows[i].point, rows[i].own, &e), -1);
        ck_assert_int_eq(e.number, rows[i].number);
    }
}
END_TEST

START_TEST(parent_of_a_graft_is_its_own)
{
    struct ig_walk walk;
    struct stat s;
    ck_assert_int_eq(graft("/data", "vol", NULL), 0);
    ck_assert_int_eq(ig_fsroot_walk(root, "/data/sub/..", 0, &walk), 0);
    ck_assert_str_eq(walk.path, "/data");
    ck_assert_str_eq(walk.name, "vol");
    ck_assert_int_eq(fstatat(walk.parent_fd, walk.name, &s, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert_uint_eq(s.st_ino, ig_walk_final(&walk)->meta.ino);
    ig_walk_free(&walk);
}
END_TEST

/* The short ways of a directory know which names lie on a volume. */
START_TEST(directories_know_their_grafts)
{
    struct ig_dir *dir = NULL;
    struct ig_walk walk;
    struct ig_arena memory = {0};
    ck_assert_int_eq(graft("/data", "vol", NULL), 0);
    ck_assert_int_eq(graft("/etc/passwd", "vol/data", NULL), 0);
    ck_assert_int_eq(ig_dir_open(root, "/data", 0, &dir), 0);
    ck_assert_int_eq(ig_dir_walk_near(dir, "link-to-data", &memory, &walk), 0);
    char *hops = hops_text(&walk);
    ck_assert_str_eq(hops, "D/ d/data l/data/link-to-data>data! f/data/data");
    free(hops);
    ig_walk_free(&walk);
    ig_dir_close(dir);
    ck_assert_int_eq(ig_dir_open(root, "/etc", 0, &dir), 0);
    ck_assert_int_eq(ig_dir_walk_near(dir, "passwd", &memory, &walk), -1);
    ck_assert_int_eq(ig_dir_walk(dir, "passwd", 0, &walk), 0);
    ck_assert(ig_dir_unchanged(dir, "passwd", &walk));
    ig_walk_free(&walk);
    ig_dir_close(dir);
    ig_arena_free(&memory);
}
END_TEST

/* --- what is mounted and not seen ------------------------------------------ */

enum { HIDDEN = IG_EHIDDEN, OTHER_HIDDEN };

static int hide(const char *point, int number, char **resolved, struct ig_error *e)
{
    char *leads_to = NULL;
    int result = ig_fsroot_hide(root, point, number, false, &leads_to, e);
    if (resolved != NULL) {
        *resolved = leads_to;
    } else {
        free(leads_to);
    }
    return result;
}

static const struct row hidden_rows[] = {
    {"/etc", 0, HIDDEN, "/etc", "D/"},
    {"/etc", IG_WALK_NOFOLLOW, HIDDEN, "/etc", "D/"},
    {"/etc/passwd", 0, HIDDEN, "/etc", "D/"},
    {"/etc/nowhere", 0, HIDDEN, "/etc", "D/"},
    {"/etc/..", 0, HIDDEN, "/etc", "D/"},
    {"/dir-slash", 0, HIDDEN, "/etc", "D/ L/dir-slash>etc/!"},
    {"/bin/chain", 0, HIDDEN, "/etc",
     "D/ L/bin>usr/bin D/usr D/usr/bin L/usr/bin/chain>up! L/usr/bin/up>../../../../etc/passwd! "
     "D/usr D/"},
    {"/usr/bin/prog", 0, 0, "/usr/bin/prog", "D/ D/usr D/usr/bin F/usr/bin/prog"},
    {"/et", 0, ENOENT, "/et", "D/"},
    {"/etc2", 0, ENOENT, "/etc2", "D/"},
    /* Over what is seen, whichever came first; also in it, and where neither has a parent. */
    {"/data/abs", 0, HIDDEN, "/data", "D/"},
    {"/empty/data", 0, 0, "/empty/data", "D/ d/empty f/empty/data"},
    {"/empty/sub/file", 0, OTHER_HIDDEN, "/empty/sub", "D/ d/empty"},
    {"/empty/near", 0, OTHER_HIDDEN, "/empty/sub", "D/ d/empty l/empty/near>sub/file!"},
    {"/srv/app", 0, 0, "/srv/app", "D/ D/srv F/srv/app"},
    {"/srv/app/x/y", 0, HIDDEN, "/srv/app/x", "D/ D/srv D/srv/app"},
    {"/srv/app/y", 0, ENOENT, "/srv/app/y", "D/ D/srv D/srv/app"},
};

static void hide_some(void)
{
    ck_assert_int_eq(graft("/empty", "vol", NULL), 0);
    ck_assert_int_eq(hide("/data", HIDDEN, NULL, NULL), 0);
    ck_assert_int_eq(graft("/data", "vol", NULL), 0);
    ck_assert_int_eq(hide("/dir-slash", HIDDEN, NULL, NULL), 0);
    ck_assert_int_eq(hide("/empty/sub", OTHER_HIDDEN, NULL, NULL), 0);
    ck_assert_int_eq(hide("/srv/app/x", HIDDEN, NULL, NULL), 0);
}

START_TEST(what_is_hidden_is_not_passed)
{
    const struct row *row = &hidden_rows[_i];
    struct ig_walk walk;
    hide_some();
    ck_assert_int_eq(ig_fsroot_walk(root, row->path, row->flags, &walk), row->error == 0 ? 0 : -1);
    char *hops = hops_text(&walk);
    ck_assert_msg(walk.error == row->error, "%s: %d", row->path, walk.error);
    ck_assert_str_eq(walk.path, row->at);
    ck_assert_str_eq(hops, row->hops);
    ck_assert(walk.error == 0 || walk.fd == -1);
    free(hops);
    ig_walk_free(&walk);
}
END_TEST

/* Each other way to come to a file or folder. */
START_TEST(what_is_hidden_is_not_read)
{
    struct ig_buf text = {0};
    struct ig_error e = {0};
    struct ig_dir *dir = NULL;
    struct ig_walk walk;
    char *target = NULL;
    hide_some();
    ck_assert_int_eq(ig_fsroot_slurp(root, "/etc/passwd", 100, &text, &e), -1);
    ck_assert_int_eq(e.number, HIDDEN);
    ck_assert_int_eq(ig_fsroot_readlink(root, "/data/abs", &target, &e), -1);
    ck_assert_int_eq(e.number, HIDDEN);
    ck_assert_int_eq(ig_dir_open(root, "/etc", 0, &dir), HIDDEN);
    ck_assert_ptr_null(dir);
    ck_assert_int_eq(ig_dir_open(root, "/etc/..", 0, &dir), HIDDEN);
    ck_assert_int_eq(ig_dir_open(root, "/empty", 0, &dir), 0);
    struct ig_arena memory = {0};
    ck_assert_int_eq(ig_dir_walk_near(dir, "sub", &memory, &walk), -1);
    ck_assert_int_eq(ig_dir_walk(dir, "sub", 0, &walk), -1);
    ck_assert_int_eq(walk.error, OTHER_HIDDEN);
    ig_walk_free(&walk);
    ck_assert_int_eq(ig_dir_walk(dir, "near", IG_WALK_BARE, &walk), -1);
    ck_assert_int_eq(walk.error, OTHER_HIDDEN);
    ig_walk_free(&walk);
    ig_arena_free(&memory);
    ig_dir_close(dir);
    ig_fsroot_seal(root, OTHER_HIDDEN);
    ck_assert_int_eq(ig_fsroot_walk(root, "/usr/bin/prog", 0, &walk), -1);
    ck_assert_int_eq(walk.error, OTHER_HIDDEN);
    ig_walk_free(&walk);
    ck_assert_int_eq(ig_dir_open(root, "/usr/bin", 0, &dir), OTHER_HIDDEN);
}
END_TEST

static int count_listed(void *context, const struct ig_listed *file, struct ig_error *e)
{
    (void)file;
    (void)e;
    ++*(size_t *)context;
    return 0;
}

static void note_number(void *context, const struct ig_error *why)
{
    (void)context;
    ck_assert_int_eq(why->number, HIDDEN);
}

START_TEST(what_is_hidden_is_not_listed)
{
    static const struct {
        const char *dir;
        int number;
    } rows[] = {{"/usr", 0}, {"/usr/bin", HIDDEN}, {"/usr/bin/x", HIDDEN}, {"/us", ENOENT}};
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        size_t files = 0;
        struct ig_error e = {0};
        const char *point = rows[i].number == 0 ? "/usr/bins/x" : "/usr/bin/x";
        ig_fsroot_close(root);
        open_root("root");
        ck_assert_int_eq(hide(i == 0 ? "/usr2" : point, HIDDEN, NULL, NULL), 0);
        int status = ig_fsroot_list(root, rows[i].dir, count_listed, NULL, &files, &e);
        ck_assert_int_eq(status, rows[i].number == 0 ? 0 : -1);
        ck_assert_int_eq(e.number, rows[i].number);
        ck_assert_uint_eq(files, i == 0);
    }
    /* Who goes on is told, and gets the rest. */
    size_t files = 0;
    ig_fsroot_close(root);
    open_root("root");
    ck_assert_int_eq(hide("/usr/bin/x", HIDDEN, NULL, NULL), 0);
    ck_assert_int_eq(ig_fsroot_list(root, "/usr", count_listed, note_number, &files, NULL), 0);
    ck_assert_uint_eq(files, 1);
}
END_TEST

START_TEST(hidden_points_are_resolved)
{
    static const struct {
        const char *point, *leads_to;
        int number;
    } rows[] = {
        {"/bin", "/usr/bin", 0},           {"/bin//x/", "/usr/bin/x", 0},
        {"/empty/near", "/empty/sub/file", 0}, {"/dangling", "/nowhere/x", 0},
        {"/to-root", NULL, EINVAL},        {"/", NULL, EINVAL},
        {"usr", NULL, EINVAL},             {"/loop", NULL, ELOOP},
        {"/etc/passwd/x", NULL, ENOTDIR},  {"/data/x", NULL, HIDDEN},
        {"/data", "/data", 0},             {"/to-root/data/", "/data", 0},
    };
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        char *leads_to = NULL;
        struct ig_error e = {0};
        ig_fsroot_close(root);
        open_root("root");
        ck_assert_int_eq(graft("/empty", "vol", NULL), 0);
        ck_assert_int_eq(hide("/data", HIDDEN, NULL, NULL), 0);
        ck_assert_int_eq(hide(rows[i].point, OTHER_HIDDEN, &leads_to, &e),
                         rows[i].number == 0 ? 0 : -1);
        ck_assert_msg(e.number == rows[i].number, "%s: %d", rows[i].point, e.number);
        ck_assert(rows[i].leads_to == NULL || strcmp(leads_to, rows[i].leads_to) == 0);
        free(leads_to);
    }
}
END_TEST

START_TEST(open_reads_regular_files)
{
    struct ig_walk walk;
    struct ig_error e = {0};
    char text[16] = "";
    ck_assert_int_eq(ig_fsroot_walk(root, "/bin/abs", 0, &walk), 0);
    int fd = ig_walk_open(&walk, &e);
    ck_assert_msg(fd >= 0, "%s", e.text);
    ck_assert_int_eq(read(fd, text, sizeof text), 7);
    ck_assert_str_eq(text, "inside\n");
    ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDONLY);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    close(fd);
    ig_walk_free(&walk);
}
END_TEST

static const struct {
    const char *path;
    unsigned flags;
    int number;
    const char *says;
} unopened[] = {
    {"/fifo", 0, EINVAL, "/fifo is a FIFO"},
    {"/etc", 0, EINVAL, "/etc is a directory"},
    {"/", 0, EINVAL, "/ is a directory"},
    {"/bin", IG_WALK_NOFOLLOW, EINVAL, "/bin is a symbolic link"},
    {"/nowhere", 0, ENOENT, "/nowhere"},
    {"/loop", 0, ELOOP, "/loop"},
    {"/evil\nname", 0, ENOENT, "/evil\\nname: ENOENT"},
};

START_TEST(open_refuses_the_rest)
{
    struct ig_walk walk;
    struct ig_error e = {0};
    ig_fsroot_walk(root, unopened[_i].path, unopened[_i].flags, &walk);
    ck_assert_int_eq(ig_walk_open(&walk, &e), -1);
    ck_assert_int_eq(e.number, unopened[_i].number);
    ck_assert_msg(strstr(e.text, unopened[_i].says) != NULL, "%s", e.text);
    ig_walk_free(&walk);
    if (unopened[_i].flags == 0) {
        struct ig_buf text = {0};
        ck_assert_int_eq(ig_fsroot_slurp(root, unopened[_i].path, 100, &text, &e), -1);
        ck_assert_int_eq(e.number, unopened[_i].number);
        ck_assert_ptr_null(text.data);
    }
}
END_TEST

/* What the name leads to between walk and open. */
START_TEST(open_notices_a_replaced_file)
{
    static const int numbers[] = {EAGAIN, EAGAIN, EAGAIN, ENOENT};
    char *file = below("root/etc/passwd");
    char *other = below("root/usr/bin/prog");
    for (size_t i = 0; i < IG_COUNT(numbers); i++) {
        struct ig_walk walk;
        struct ig_error e = {0};
        unlink(file);
        make_file("root/etc/passwd", "first\n");
        ck_assert_int_eq(ig_fsroot_walk(root, "/etc/passwd", 0, &walk), 0);
        ck_assert_int_eq(unlink(file), 0);
        if (i == 0) {
            ck_assert_int_eq(link(other, file), 0);
        } else if (i == 1) {
            ck_assert_int_eq(symlink(other, file), 0);
        } else if (i == 2) {
            ck_assert_int_eq(mkfifo(file, 0666), 0);
        }
        ck_assert_int_eq(ig_walk_open(&walk, &e), -1);
        ck_assert_int_eq(e.number, numbers[i]);
        ig_walk_free(&walk);
    }
    free(file);
    free(other);
}
END_TEST

START_TEST(slurp_has_a_limit)
{
    struct ig_buf text = {0};
    struct ig_error e = {0};
    ig_buf_adds(&text, "> ");
    ck_assert_int_eq(ig_fsroot_slurp(root, "/etc/passwd", 7, &text, &e), 0);
    ck_assert_str_eq(ig_buf_text(&text), "> inside\n");
    ck_assert_int_eq(ig_fsroot_slurp(root, "/etc/passwd", 6, &text, &e), -1);
    ck_assert_int_eq(e.number, EFBIG);
    ck_assert_str_eq(ig_buf_text(&text), "> inside\n");
    ig_buf_free(&text);
    make_file("root/etc/empty", "");
    ck_assert_int_eq(ig_fsroot_slurp(root, "/etc/empty", 0, &text, &e), 0);
    ck_assert_uint_eq(text.length, 0);
}
END_TEST

START_TEST(proc_is_read)
{
    struct ig_fsroot *process;
    struct ig_buf text = {0};
    struct ig_error e = {0};
    char *link = NULL;
    ck_assert_int_eq(ig_fsroot_open("/", &process, &e), 0);
    ck_assert_msg(ig_fsroot_slurp(process, "/proc/self/status", 1 << 16, &text, &e) == 0, "%s",
                  e.text);
    char *pid = ig_format("\nPid:\t%d\n", getpid());
    ck_assert_ptr_nonnull(strstr(ig_buf_text(&text), pid));
    free(pid);
    ig_buf_free(&text);
    ck_assert_int_eq(ig_fsroot_readlink(process, "/proc/self/ns/pid", &link, &e), 0);
    ck_assert_int_eq(strncmp(link, "pid:[", 5), 0);
    free(link);
    if (geteuid() == 0) {
        /* Its read waits for the next message of the kernel. */
        alarm(20);
        for (int i = 0; i < 100000; i++) {
            if (ig_fsroot_slurp(process, "/proc/kmsg", 1 << 24, &text, &e) != 0) {
                break;
            }
            ig_buf_free(&text);
        }
        ck_assert(e.number == EAGAIN || e.number == EPERM || e.number == EINVAL);
        ig_buf_free(&text);
    }
    ig_fsroot_close(process);
}
END_TEST

static const struct {
    const char *path, *text;
    int number;
} readlinks[] = {
    {"/bin", "usr/bin", 0},
    {"/dangling", "nowhere/x", 0},
    {"/usr/bin/abs", "/etc/passwd", 0},
    {"/bin/abs", "/etc/passwd", 0},
    {"/etc/passwd", NULL, EINVAL},
    {"/bin/", NULL, EINVAL},
    {"/", NULL, EINVAL},
    {"/nowhere", NULL, ENOENT},
};

START_TEST(links_are_read)
{
    char *text = NULL;
    struct ig_error e = {0};
    int result = ig_fsroot_readlink(root, readlinks[_i].path, &text, &e);
    ck_assert_int_eq(result, readlinks[_i].text != NULL ? 0 : -1);
    ck_assert_int_eq(e.number, readlinks[_i].number);
    if (readlinks[_i].text != NULL) {
        ck_assert_str_eq(text, readlinks[_i].text);
    }
    free(text);
}
END_TEST

START_TEST(roots_are_opened)
{
    static const struct {
        const char *dir;
        int number, empty;
    } rows[] = {{"root", 0, 0},          {"root/empty", 0, 1},   {"root/bin", 0, 0},
                {"nowhere", ENOENT, 0},  {"root/etc/passwd", ENOTDIR, 0},
                {"root/fifo", ENOTDIR, 0}};
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        char *full = below(rows[i].dir);
        struct ig_fsroot *opened = NULL;
        struct ig_error e = {0};
        int result = ig_fsroot_open(full, &opened, &e);
        ck_assert_int_eq(result, rows[i].number != 0 ? -1 : 0);
        ck_assert_int_eq(e.number, rows[i].number);
        if (result == 0) {
            ck_assert_int_eq(ig_fsroot_is_empty(opened, &e), rows[i].empty);
        }
        ig_fsroot_close(opened);
        free(full);
    }
    struct ig_fsroot *none = NULL;
    ck_assert_int_eq(ig_fsroot_open("", &none, NULL), -1);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(relative_root_starts_at_the_working_directory)
{
    struct ig_fsroot *here = NULL;
    struct ig_walk walk;
    char *dir = below("root/etc");
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(ig_fsroot_open(".", &here, NULL), 0);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(ig_fsroot_walk(here, "/../passwd", 0, &walk), 0);
    ig_walk_free(&walk);
    ig_fsroot_close(here);
    free(dir);
}
END_TEST

START_TEST(meta_tells_the_mount)
{
    struct ig_buf text = {0};
    struct ig_mounts mounts;
    struct ig_meta meta;
    struct ig_fsroot *process;
    unsigned long flags;
    unsigned long magic;
    ck_assert_int_eq(ig_fsroot_open("/", &process, NULL), 0);
    ck_assert_int_eq(ig_fsroot_slurp(process, "/proc/self/mountinfo", 1 << 20, &text, NULL), 0);
    ck_assert_int_eq(ig_mounts_parse(text.data, text.length, &mounts, NULL), 0);
    int fd = open("/proc", O_PATH | O_CLOEXEC);
    ck_assert_int_eq(ig_meta_of_fd(fd, &meta, NULL), 0);
    const struct ig_mount *mount = ig_mounts_by_id(&mounts, meta.mnt_id);
    ck_assert_ptr_nonnull(mount);
    ck_assert_str_eq(mount->point, "/proc");
    ck_assert_int_eq(ig_fd_statfs(fd, &flags, &magic, NULL), 0);
    ck_assert_uint_eq(magic, 0x9fa0);
    close(fd);
    ig_mounts_free(&mounts);
    ig_buf_free(&text);
    ig_fsroot_close(process);
}
END_TEST

/* As before Linux 4.11, and under old seccomp profiles. */
static int forbid_statx(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statx, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {IG_COUNT(program), program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0;
}

static int same_meta_without_statx(void)
{
    struct ig_meta with;
    struct ig_meta without;
    int fd = open("/proc/self/status", O_PATH | O_CLOEXEC);
    if (ig_meta_of_fd(fd, &with, NULL) != 0 || with.mnt_id == 0) {
        return 1;
    }
    if (forbid_statx() != 0) {
        return 2;
    }
    errno = 0;
    if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0, NULL) != -1 || errno != EPERM) {
        return 3;
    }
    if (ig_meta_of_fd(fd, &without, NULL) != 0) {
        return 4;
    }
    return without.mnt_id == with.mnt_id && without.ino == with.ino &&
                   without.dev == with.dev && without.mode == with.mode
               ? 0
               : 5;
}

START_TEST(mount_id_needs_no_statx)
{
    in_child(same_meta_without_statx);
}
END_TEST

/* Without /proc no ACL can be read: that must show, or the mode would be believed. */
static int acl_error_without_proc(void)
{
    struct ig_walk walk;
    if (unshare(CLONE_NEWNS) != 0) {
        return errno == EPERM ? 0 : 1;
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "/proc", "tmpfs", 0, NULL) != 0) {
        return 2;
    }
    if (ig_fsroot_walk(root, "/etc/passwd", 0, &walk) != 0) {
        return 3;
    }
    int acl_error = ig_walk_final(&walk)->meta.acl_error;
    ig_walk_free(&walk);
    return acl_error == ENOENT ? 0 : 4;
}

START_TEST(missing_proc_is_told)
{
    in_child(acl_error_without_proc);
}
END_TEST

START_TEST(meta_has_the_acl)
{
    static const unsigned char acl[] = {
        2, 0, 0, 0, 0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 5, 0, 0xe9, 0x03, 0, 0,
        0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, 0x10, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,
        0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    struct ig_walk walk;
    char *file = below("root/etc/passwd");
    int set = setxattr(file, "system.posix_acl_access", acl, sizeof acl, 0);
    ck_assert(set == 0 || errno == EOPNOTSUPP);
    ck_assert_int_eq(ig_fsroot_walk(root, "/etc/passwd", 0, &walk), 0);
    const struct ig_meta *meta = &ig_walk_final(&walk)->meta;
    ck_assert_int_eq(meta->acl_error, 0);
    ck_assert_uint_eq(meta->acl_count, set == 0 ? 5 : 0);
    ck_assert_uint_eq(walk.hops[0].meta.acl_count, 0);
    ck_assert_int_eq(walk.hops[0].meta.acl_error, 0);
    if (set == 0) {
        ck_assert_uint_eq(meta->acl[1].id, 1001);
    }
    ig_walk_free(&walk);
    free(file);
}
END_TEST

START_TEST(attributes_are_read)
{
    struct ig_walk walk;
    struct ig_error e = {0};
    char value[8];
    char *file = below("root/etc/passwd");
    int set = setxattr(file, "user.ig", "12345", 5, 0);
    ck_assert(set == 0 || errno == EOPNOTSUPP);
    ck_assert_int_eq(ig_fsroot_walk(root, "/etc/passwd", 0, &walk), 0);
    ck_assert_int_eq(ig_fd_getxattr(walk.fd, "user.none", value, sizeof value, &e), 0);
    if (set == 0) {
        ck_assert_int_eq(ig_fd_getxattr(walk.fd, "user.ig", value, sizeof value, &e), 5);
        ck_assert_int_eq(ig_fd_getxattr(walk.fd, "user.ig", value, 3, &e), -1);
        ck_assert_int_eq(e.number, ERANGE);
    }
    ig_walk_free(&walk);
    free(file);
}
END_TEST

START_TEST(closed_descriptors_are_errors)
{
    struct ig_meta meta;
    struct ig_error e = {0};
    unsigned long flags;
    unsigned long magic;
    ck_assert_int_eq(ig_meta_of_fd(-1, &meta, &e), -1);
    ck_assert_int_eq(e.number, EBADF);
    ck_assert_int_eq(ig_fd_statfs(-1, &flags, &magic, &e), -1);
    ck_assert_int_eq(e.number, EBADF);
}
END_TEST

static const struct {
    const char *path, *normal;
} normals[] = {
    {"/", "/"},       {"//", "/"},         {"/a//b/", "/a/b"}, {"/./a/./b/.", "/a/b"},
    {"a/./b", "a/b"}, {"./a", "a"},        {"", "."},          {"./", "."},
    {"/..", "/.."},   {"/a/../b", "/a/../b"}, {"/...", "/..."}, {"/.a/b.", "/.a/b."},
    {"/.", "/"},      {"a//", "a"},
};

START_TEST(paths_are_normalized)
{
    char *normal = ig_path_normal(normals[_i].path);
    ck_assert_str_eq(normal, normals[_i].normal);
    free(normal);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fsroot");
    TCase *tc = tcase_create("all");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, hops_are_reported, 0, IG_COUNT(plain_rows));
    tcase_add_test(tc, loop_ends_after_40_links);
    tcase_add_test(tc, lengths_are_limited);
    tcase_add_test(tc, levels_take_no_descriptors);
    tcase_add_test(tc, hops_take_bounded_memory);
    tcase_add_test(tc, unsearchable_directory_refuses);
    tcase_add_test(tc, magic_links_are_refused);
    tcase_add_test(tc, moved_directory_does_not_let_out);
    tcase_add_loop_test(tc, grafts_act_as_mounts, 0, IG_COUNT(graft_rows));
    tcase_add_test(tc, grafted_files_are_read);
    tcase_add_test(tc, graft_points_are_resolved);
    tcase_add_loop_test(tc, missing_parents_are_implied, 0, IG_COUNT(implied_rows));
    tcase_add_test(tc, implied_directories_are_nowhere);
    tcase_add_test(tc, implied_directories_are_looked_into);
    tcase_add_test(tc, grafts_within_grafts);
    tcase_add_test(tc, bad_grafts_are_refused);
    tcase_add_test(tc, parent_of_a_graft_is_its_own);
    tcase_add_test(tc, directories_know_their_grafts);
    tcase_add_loop_test(tc, what_is_hidden_is_not_passed, 0, IG_COUNT(hidden_rows));
    tcase_add_test(tc, what_is_hidden_is_not_read);
    tcase_add_test(tc, what_is_hidden_is_not_listed);
    tcase_add_test(tc, hidden_points_are_resolved);
    tcase_add_test(tc, open_reads_regular_files);
    tcase_add_loop_test(tc, open_refuses_the_rest, 0, IG_COUNT(unopened));
    tcase_add_test(tc, open_notices_a_replaced_file);
    tcase_add_test(tc, slurp_has_a_limit);
    tcase_add_test(tc, proc_is_read);
    tcase_add_loop_test(tc, links_are_read, 0, IG_COUNT(readlinks));
    tcase_add_test(tc, roots_are_opened);
    tcase_add_test(tc, relative_root_starts_at_the_working_directory);
    tcase_add_test(tc, meta_tells_the_mount);
    tcase_add_test(tc, mount_id_needs_no_statx);
    tcase_add_test(tc, missing_proc_is_told);
    tcase_add_test(tc, meta_has_the_acl);
    tcase_add_test(tc, attributes_are_read);
    tcase_add_test(tc, closed_descriptors_are_errors);
    tcase_add_loop_test(tc, paths_are_normalized, 0, IG_COUNT(normals));
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
