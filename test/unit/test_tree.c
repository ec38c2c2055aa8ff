/* SPDX-License-Identifier: Apache-2.0 */
/* Listing, visiting and looking again at trees that are deep, wide, odd, or change meanwhile. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/mem.h"
#include "fsroot/tree.h"

static char base[64];
static int base_fd;

/* In memory: deep trees take a disk half a minute. */
static void setup(void)
{
    snprintf(base, sizeof base, "/dev/shm/test_tree.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(base_fd, 0);
}

/* Deeper than nftw(3) reaches by path. */
static void teardown(void)
{
    char *command = ig_format("rm -rf '%s'", base);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    free(command);
    close(base_fd);
}

static void make_dir(const char *path)
{
    ck_assert_int_eq(mkdirat(base_fd, path, 0755), 0);
}

static void write_file(const char *path, const char *content)
{
    int fd = openat(base_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

static struct ig_tree *list(const struct ig_tree_options *options)
{
    static const struct ig_tree_options plain = {.threads = 2};
    struct ig_tree *tree = NULL;
    struct ig_error e = {0};
    int status = ig_tree_list(base_fd, options != NULL ? options : &plain, &tree, &e);
    ck_assert_msg(status == 0, "%s", e.text);
    return tree;
}

static char *path_of(const struct ig_tree_entry *entry)
{
    struct ig_buf path = {0};
    ig_tree_path(entry, &path);
    return ig_buf_steal(&path);
}

static void assert_problem(const struct ig_tree *tree, const char *path, const char *expected)
{
    struct ig_tree_entry *entry = ig_tree_find(tree, path);
    ck_assert_msg(entry != NULL, "%s", path);
    char *problem = ig_tree_problem(entry);
    ck_assert_pstr_eq(problem, expected);
    free(problem);
}

static int no_visit(void *context, unsigned thread, int fd, struct ig_tree_entry *entry)
{
    (void)thread;
    (void)fd;
    (void)entry;
    atomic_fetch_add((atomic_uint *)context, 1);
    return 0;
}

/* Every name that matters beside a slash, on two levels. */
START_TEST(entries_are_in_byte_order)
{
    static const char *const names[] = {"a", "a-", "a--", "a-b", "a.c", "a b", "a\n", "a0", "ab",
                                        "b", "\xff", "\x01", "a\xc3\xa4", "..a", "Z", "a-.c"};
    for (size_t i = 0; i < IG_COUNT(names); i++) {
        make_dir(names[i]);
        for (size_t j = 0; j < IG_COUNT(names); j++) {
            char *below = ig_format("%s/%s", names[i], names[j]);
            if (j % 2 == 0) {
                make_dir(below);
            } else {
                write_file(below, "x");
            }
            free(below);
        }
    }
    struct ig_tree *tree = list(NULL);
    ck_assert_uint_eq(tree->count, IG_COUNT(names) * (1 + IG_COUNT(names)));
    ck_assert_uint_eq(tree->files, IG_COUNT(names) * IG_COUNT(names) / 2);
    for (size_t i = 0; i < tree->count; i++) {
        char *path = path_of(tree->entries[i]);
        ck_assert_ptr_eq(ig_tree_find(tree, path), tree->entries[i]);
        if (i > 0) {
            char *before = path_of(tree->entries[i - 1]);
            ck_assert_msg(strcmp(before, path) < 0, "%s before %s", before, path);
            free(before);
        }
        free(path);
    }
    ck_assert_ptr_null(ig_tree_find(tree, "a/none"));
    ck_assert_ptr_null(ig_tree_find(tree, "a//a"));
    ck_assert_ptr_null(ig_tree_find(tree, ""));
    ck_assert_ptr_null(ig_tree_find(tree, "a/"));
    ig_tree_free(tree);
}
END_TEST

/* Two folders on each level, so that there is always one to come back to. */
static void make_deep(unsigned levels)
{
    int fd = fcntl(base_fd, F_DUPFD_CLOEXEC, 0);
    for (unsigned i = 0; i < levels; i++) {
        ck_assert_int_eq(mkdirat(fd, "the-left-one", 0755), 0);
        ck_assert_int_eq(mkdirat(fd, "the-right-one", 0755), 0);
        int file = openat(fd, "the-left-one/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        ck_assert_int_eq(write(file, "x", 1), 1);
        close(file);
        int below = openat(fd, "the-right-one", O_PATH | O_CLOEXEC);
        close(fd);
        fd = below;
    }
    close(fd);
}

START_TEST(deep_trees_need_few_descriptors)
{
    struct rlimit before;
    atomic_uint visited = 0;
    make_deep(1000);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit few = {64, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct ig_tree *tree = list(NULL);
    ck_assert_uint_eq(tree->count, 3000);
    ck_assert_uint_eq(tree->failed, 0);
    ig_tree_visit(tree, 0, no_visit, &visited);
    ck_assert_uint_eq(visited, 1000);
    ck_assert_uint_eq(tree->failed, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ig_tree_free(tree);
}
END_TEST

START_TEST(too_deep_is_an_error)
{
    make_deep(IG_TREE_DEPTH_MAX + 2);
    struct ig_tree *tree = list(NULL);
    ck_assert_uint_eq(tree->count, 3 * IG_TREE_DEPTH_MAX + 2);
    ck_assert_uint_eq(tree->failed, 2);
    size_t found = 0;
    for (size_t i = 0; i < tree->count; i++) {
        char *problem = ig_tree_problem(tree->entries[i]);
        if (problem != NULL) {
            ck_assert_str_eq(problem, "lies too many folders deep (more than 4096)");
            found++;
        }
        free(problem);
    }
    ck_assert_uint_eq(found, 2);
    ig_tree_free(tree);
}
END_TEST

START_TEST(one_wide_folder)
{
    make_dir("wide");
    for (unsigned i = 0; i < 5000; i++) {
        char *path = ig_format("wide/%u", i * 7919 % 5000);
        write_file(path, i % 2 == 0 ? "even" : "");
        free(path);
    }
    atomic_ullong progress = 0;
    atomic_uint visited = 0;
    struct ig_tree_options options = {.threads = 3, .progress = &progress};
    struct ig_tree *tree = list(&options);
    ck_assert_uint_eq(tree->count, 5001);
    ck_assert_uint_eq(tree->bytes, 10000);
    ck_assert_uint_ge(progress, 5000);
    ig_tree_visit(tree, 0, no_visit, &visited);
    ck_assert_uint_eq(visited, 5000);
    ig_tree_free(tree);
}
END_TEST

START_TEST(odd_inodes_are_told_and_not_opened)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    atomic_uint visited = 0;
    ck_assert_int_eq(mkfifoat(base_fd, "fifo", 0600), 0);
    ck_assert_int_eq(mknodat(base_fd, "device", S_IFCHR | 0600, makedev(5, 1)), 0);
    ck_assert_int_eq(symlinkat("loop", base_fd, "loop"), 0);
    ck_assert_int_eq(symlinkat(".", base_fd, "here"), 0);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(name.sun_path, sizeof name.sun_path, "%s/socket", base);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, sizeof name), 0);
    close(s);
    struct ig_tree *tree = list(NULL);
    ck_assert_uint_eq(tree->count, 5);
    ck_assert_uint_eq(tree->failed, 0);
    const struct ig_tree_entry *device = ig_tree_find(tree, "device");
    ck_assert(S_ISCHR(device->mode));
    ck_assert_uint_eq(device->extra->rdev_major, 5);
    ck_assert_uint_eq(device->extra->rdev_minor, 1);
    ck_assert(S_ISFIFO(ig_tree_find(tree, "fifo")->mode));
    ck_assert(S_ISSOCK(ig_tree_find(tree, "socket")->mode));
    ck_assert_str_eq(ig_tree_find(tree, "loop")->extra->target, "loop");
    ck_assert_str_eq(ig_tree_find(tree, "here")->extra->target, ".");
    ig_tree_visit(tree, 0, no_visit, &visited);
    ck_assert_uint_eq(visited, 0);
    ig_tree_free(tree);
}
END_TEST

START_TEST(ignored_paths_are_left_out)
{
    static const char *const ignore[] = {"cache/", "a/tmp", "none"};
    struct ig_tree_options options = {.threads = 1, .ignore = ignore, .ignore_count = 3};
    make_dir("cache");
    write_file("cache/x", "x");
    write_file("cache2", "x");
    make_dir("a");
    make_dir("a/tmp");
    make_dir("a/cache");
    write_file("a/tmp/y", "y");
    write_file("tmp", "y");
    struct ig_tree *tree = list(&options);
    ck_assert_uint_eq(tree->count, 4);
    ck_assert_ptr_nonnull(ig_tree_find(tree, "a"));
    ck_assert_ptr_nonnull(ig_tree_find(tree, "a/cache"));
    ck_assert_ptr_nonnull(ig_tree_find(tree, "cache2"));
    ck_assert_ptr_nonnull(ig_tree_find(tree, "tmp"));
    ck_assert(ig_tree_ignores(tree, "cache"));
    ck_assert(ig_tree_ignores(tree, "cache/x/y"));
    ck_assert(ig_tree_ignores(tree, "a/tmp"));
    ck_assert(!ig_tree_ignores(tree, "cache2"));
    ck_assert(!ig_tree_ignores(tree, "a"));
    ig_tree_free(tree);
}
END_TEST

START_TEST(attributes_are_read)
{
    static const unsigned char acl[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255,
                                        2, 0, 4, 0, 233, 3, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
                                        16, 0, 4, 0, 255, 255, 255, 255,
                                        32, 0, 0, 0, 255, 255, 255, 255};
    static const unsigned char cap[] = {0, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct ig_tree_options options = {.threads = 1, .flags = IG_TREE_ACLS};
    atomic_uint visited = 0;
    write_file("file", "x");
    write_file("plain", "x");
    char *path = ig_format("%s/file", base);
    ck_assert_int_eq(setxattr(path, "system.posix_acl_access", acl, sizeof acl, 0), 0);
    ck_assert_int_eq(setxattr(path, "security.capability", cap, sizeof cap, 0), 0);
    free(path);
    struct ig_tree *tree = list(&options);
    ig_tree_visit(tree, IG_TREE_CAPABILITIES, no_visit, &visited);
    ck_assert_uint_eq(tree->failed, 0);
    ck_assert_ptr_null(ig_tree_find(tree, "plain")->extra);
    const struct ig_tree_entry *file = ig_tree_find(tree, "file");
    ck_assert_uint_eq(file->extra->capability_size, sizeof cap);
    ck_assert_mem_eq(file->extra->capability, cap, sizeof cap);
    struct ig_meta meta = ig_tree_meta(file);
    ck_assert_uint_eq(meta.acl_count, 5);
    ck_assert_uint_eq(meta.acl[1].id, 1001);
    ck_assert_uint_eq(meta.mode, S_IFREG | 0640);
    ig_tree_free(tree);
}
END_TEST

/* Between the two passes. */
START_TEST(changes_before_the_visit_are_errors)
{
    static const char *const files[] = {"a/grows", "a/vanishes", "a/linked", "a/fifo", "a/directory",
                                        "a/replaced", "a/mode", "a/stays", "b/away", "c/other"};
    atomic_uint visited = 0;
    make_dir("a");
    make_dir("b");
    make_dir("c");
    for (size_t i = 0; i < IG_COUNT(files); i++) {
        write_file(files[i], "content");
    }
    struct ig_tree *tree = list(NULL);
    write_file("a/grows", "content and more");
    ck_assert_int_eq(unlinkat(base_fd, "a/vanishes", 0), 0);
    ck_assert_int_eq(unlinkat(base_fd, "a/linked", 0), 0);
    ck_assert_int_eq(symlinkat("stays", base_fd, "a/linked"), 0);
    ck_assert_int_eq(unlinkat(base_fd, "a/fifo", 0), 0);
    ck_assert_int_eq(mkfifoat(base_fd, "a/fifo", 0600), 0);
    ck_assert_int_eq(unlinkat(base_fd, "a/directory", 0), 0);
    make_dir("a/directory");
    write_file("a/new", "content");
    ck_assert_int_eq(renameat(base_fd, "a/new", base_fd, "a/replaced"), 0);
    ck_assert_int_eq(fchmodat(base_fd, "a/mode", 0600, 0), 0);
    ck_assert_int_eq(renameat(base_fd, "b", base_fd, "gone"), 0);
    ck_assert_int_eq(renameat(base_fd, "c", base_fd, "also-gone"), 0);
    make_dir("c");
    write_file("c/other", "content");
    ig_tree_visit(tree, 0, no_visit, &visited);
    assert_problem(tree, "a/grows", "changed while the tree was read");
    assert_problem(tree, "a/vanishes", "vanished while the tree was read");
    assert_problem(tree, "a/linked", "was replaced while the tree was read");
    assert_problem(tree, "a/fifo", "was replaced while the tree was read");
    assert_problem(tree, "a/directory", "was replaced while the tree was read");
    assert_problem(tree, "a/replaced", "was replaced while the tree was read");
    assert_problem(tree, "a/mode", "changed while the tree was read");
    assert_problem(tree, "a/stays", NULL);
    assert_problem(tree, "b/away", "vanished while the tree was read");
    assert_problem(tree, "c/other", "was replaced while the tree was read");
    ck_assert_uint_eq(tree->failed, 9);
    ig_tree_free(tree);
}
END_TEST

static int fail_visit(void *context, unsigned thread, int fd, struct ig_tree_entry *entry)
{
    (void)context;
    (void)thread;
    (void)fd;
    return strcmp(entry->name, "bad") == 0 ? EIO : 0;
}

START_TEST(unreadable_content_is_an_error_of_its_entry)
{
    write_file("bad", "x");
    write_file("good", "x");
    struct ig_tree *tree = list(NULL);
    ig_tree_visit(tree, 0, fail_visit, NULL);
    assert_problem(tree, "bad", "cannot be read: EIO (Input/output error)");
    assert_problem(tree, "good", NULL);
    ck_assert_uint_eq(tree->failed, 1);
    ig_tree_free(tree);
}
END_TEST

START_TEST(what_may_not_be_read_keeps_nothing_else_from_it)
{
    atomic_uint visited = 0;
    make_dir("open");
    write_file("open/file", "x");
    make_dir("closed");
    write_file("closed/file", "x");
    write_file("secret", "x");
    ck_assert_int_eq(fchmodat(base_fd, "closed", 0000, 0), 0);
    ck_assert_int_eq(fchmodat(base_fd, "secret", 0000, 0), 0);
    ck_assert_int_eq(fchmodat(base_fd, ".", 0755, 0), 0);
    ck_assert_int_eq(seteuid(1001), 0);
    struct ig_tree *tree = list(NULL);
    ig_tree_visit(tree, 0, no_visit, &visited);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_uint_eq(visited, 1);
    assert_problem(tree, "closed", "cannot be opened: EACCES (Permission denied)");
    assert_problem(tree, "secret", "cannot be opened: EACCES (Permission denied)");
    assert_problem(tree, "open/file", NULL);
    ck_assert_uint_eq(tree->failed, 2);
    ig_tree_free(tree);
}
END_TEST

START_TEST(no_descriptors_is_an_error)
{
    atomic_uint visited = 0;
    make_dir("a");
    write_file("a/file", "x");
    struct ig_tree *tree = list(NULL);
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {0, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ig_tree_visit(tree, 0, no_visit, &visited);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_uint_eq(visited, 0);
    assert_problem(tree, "a/file", "cannot be opened: EMFILE (Too many open files)");
    ig_tree_free(tree);
}
END_TEST

START_TEST(other_mounts_are_told_and_not_entered)
{
    atomic_uint visited = 0;
    make_dir("mount");
    make_dir("bind");
    make_dir("source");
    write_file("source/file", "x");
    write_file("file", "x");
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    /* The other one lies in the mount namespace that was left. */
    close(base_fd);
    base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *at[] = {ig_format("%s/mount", base), ig_format("%s/bind", base),
                  ig_format("%s/source", base), ig_format("%s/file", base)};
    ck_assert_int_eq(mount("none", at[0], "tmpfs", 0, NULL), 0);
    write_file("mount/inside", "x");
    ck_assert_int_eq(mount(at[2], at[1], NULL, MS_BIND, NULL), 0);
    ck_assert_int_eq(mount(at[3], at[3], NULL, MS_BIND, NULL), 0);
    struct ig_tree *tree = list(NULL);
    ck_assert_uint_eq(tree->count, 5);
    ck_assert_uint_eq(ig_tree_find(tree, "mount")->flags, IG_TREE_MOUNT);
    ck_assert_uint_eq(ig_tree_find(tree, "bind")->flags, IG_TREE_MOUNT);
    ck_assert_uint_eq(ig_tree_find(tree, "file")->flags, IG_TREE_MOUNT);
    ck_assert_uint_eq(ig_tree_find(tree, "source")->flags, 0);
    ig_tree_visit(tree, 0, no_visit, &visited);
    ck_assert_uint_eq(visited, 1);
    ig_tree_free(tree);
    ck_assert_int_eq(umount2(at[0], MNT_DETACH), 0);
    ck_assert_int_eq(umount2(at[1], MNT_DETACH), 0);
    ck_assert_int_eq(umount2(at[3], MNT_DETACH), 0);
    for (size_t i = 0; i < IG_COUNT(at); i++) {
        free(at[i]);
    }
}
END_TEST

START_TEST(file_systems_of_the_kernel_are_refused)
{
    struct ig_tree_options options = {.threads = 1};
    struct ig_tree *tree = NULL;
    struct ig_error e = {0};
    int fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(ig_tree_list(fd, &options, &tree, &e), -1);
    ck_assert_int_eq(e.number, ENOTSUP);
    close(fd);
}
END_TEST

static void note(void *context, const char *path, enum ig_tree_again what, int number)
{
    (void)number;
    ig_buf_addf(context, "%c%s;", "+-~.?"[what], path);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The notes in order, since threads bring them in any. */
static char *again(struct ig_tree *tree)
{
    struct ig_buf notes = {0};
    struct ig_buf sorted = {0};
    char *words[64];
    size_t count = 0;
    ig_tree_look_again(tree, note, &notes);
    char *text = ig_buf_steal(&notes);
    char *save = NULL;
    for (char *word = strtok_r(text, ";", &save); word != NULL;
         word = strtok_r(NULL, ";", &save)) {
        words[count++] = word;
    }
    if (count > 0) {
        qsort(words, count, sizeof *words, by_text);
    }
    for (size_t i = 0; i < count; i++) {
        ig_buf_addf(&sorted, "%s;", words[i]);
    }
    free(text);
    return ig_buf_steal(&sorted);
}

START_TEST(second_look_finds_what_moved)
{
    static const char *const ignore[] = {"skip"};
    struct ig_tree_options options = {.threads = 2, .ignore = ignore, .ignore_count = 1};
    make_dir("a");
    make_dir("a/b");
    make_dir("skip");
    write_file("a/one", "x");
    write_file("a/two", "x");
    write_file("a/b/three", "x");
    struct ig_tree *tree = list(&options);
    char *notes = again(tree);
    ck_assert_pstr_eq(notes, "");
    free(notes);
    write_file("skip/x", "x");
    write_file("a/one", "more");
    ck_assert_int_eq(unlinkat(base_fd, "a/two", 0), 0);
    make_dir("a/b/new");
    notes = again(tree);
    ck_assert_str_eq(notes, "+a/b/new;-a/two;.a;.a/b;~a/one;");
    free(notes);
    ck_assert_int_eq(renameat(base_fd, "a/b", base_fd, "c"), 0);
    notes = again(tree);
    ck_assert_str_eq(notes, "+c;-a/b;-a/two;.;.a;~a/one;");
    free(notes);
    ig_tree_free(tree);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tree");
    TCase *tc = tcase_create("tree");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, entries_are_in_byte_order);
    tcase_add_test(tc, deep_trees_need_few_descriptors);
    tcase_add_test(tc, too_deep_is_an_error);
    tcase_add_test(tc, one_wide_folder);
    tcase_add_test(tc, odd_inodes_are_told_and_not_opened);
    tcase_add_test(tc, ignored_paths_are_left_out);
    tcase_add_test(tc, attributes_are_read);
    tcase_add_test(tc, changes_before_the_visit_are_errors);
    tcase_add_test(tc, unreadable_content_is_an_error_of_its_entry);
    tcase_add_test(tc, what_may_not_be_read_keeps_nothing_else_from_it);
    tcase_add_test(tc, no_descriptors_is_an_error);
    tcase_add_test(tc, other_mounts_are_told_and_not_entered);
    tcase_add_test(tc, file_systems_of_the_kernel_are_refused);
    tcase_add_test(tc, second_look_finds_what_moved);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
