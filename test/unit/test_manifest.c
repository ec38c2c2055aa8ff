/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: each line of a form and each fault by its message, in pieces of any size; what is written
 * is read again; and what differs from a tree, one attribute at a time. */
#include <check.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sums.h"
#include "tree/compare.h"
#include "tree/content.h"

/* Of "x". */
#define X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
#define HEAD "initgate-tree 1\n"
#define FILE_LINE(name) "f 0644 0:0 1 " X " - " name "\n"

/* --- reading -------------------------------------------------------------- */

static int note(void *context, const struct ig_manifest_line *line, struct ig_error *e)
{
    (void)e;
    ig_buf_addf(context, "%zu %c %04o %u:%u %llu %u:%u %02x %zu %s", line->number, line->type,
                line->mode, line->uid, line->gid, (unsigned long long)line->size, line->rdev_major,
                line->rdev_minor, line->digest[0], line->capability_size, line->path);
    ig_buf_addf(context, "%s%s;", line->target != NULL ? " -> " : "",
                line->target != NULL ? line->target : "");
    return 0;
}

/* What was read of TEXT in pieces of so many bytes, or the fault; malloc'd. */
static char *parse(const char *text, size_t length, size_t piece)
{
    struct ig_buf notes = {0};
    struct ig_error e = {0};
    struct ig_manifest_parser parser = {.entry = note, .context = &notes};
    int status = 0;
    for (size_t at = 0; status == 0 && at < length; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        status = ig_manifest_add(&parser, text + at, n, &e);
    }
    status = status == 0 ? ig_manifest_end(&parser, &e) : status;
    ig_manifest_free(&parser);
    if (status != 0) {
        ig_buf_free(&notes);
        return ig_strdup(e.text);
    }
    ig_buf_adds(&notes, "");
    return ig_buf_steal(&notes);
}

static const struct {
    const char *text, *read;
} rows[] = {
    {HEAD, ""},
    {HEAD FILE_LINE("a"), "2 f 0644 0:0 1 0:0 2d 0 a;"},
    {HEAD "d 1777 4294967295:7 - - - a/b\n", "2 d 1777 4294967295:7 0 0:0 00 0 a/b;"},
    {HEAD "l - 1:2 - - - a -> ../x\\040y\n", "2 l 0000 1:2 0 0:0 00 0 a -> ../x y;"},
    {HEAD "c 0666 0:0 1:3 - - null\n", "2 c 0666 0:0 0 1:3 00 0 null;"},
    {HEAD "b 0660 0:6 7:0 - - loop\n", "2 b 0660 0:6 0 7:0 00 0 loop;"},
    {HEAD "p 0600 0:0 - - - fifo\n", "2 p 0600 0:0 0 0:0 00 0 fifo;"},
    {HEAD "s 0600 0:0 - - - socket\n", "2 s 0600 0:0 0 0:0 00 0 socket;"},
    {HEAD "f 4755 0:0 18446744073709551615 " X " 0102 a\n",
     "2 f 4755 0:0 18446744073709551615 0:0 2d 2 a;"},
    {HEAD FILE_LINE("a\\012b\\134\\040\\177\xff"), "2 f 0644 0:0 1 0:0 2d 0 a\nb\\ \x7f\xff;"},
    {HEAD FILE_LINE("a-b") FILE_LINE("a/b"),
     "2 f 0644 0:0 1 0:0 2d 0 a-b;3 f 0644 0:0 1 0:0 2d 0 a/b;"},
    {"initgate-tree 1 without owner\nd 0755 - - - - a\n", "2 d 0755 0:0 0 0:0 00 0 a;"},
    {"initgate-tree 1 without mode\nd - 1:2 - - - a\n", "2 d 0000 1:2 0 0:0 00 0 a;"},
    {"initgate-tree 1 without owner mode\nd - - - - - a\n", "2 d 0000 0:0 0 0:0 00 0 a;"},
    {X "  ./b\n# no entry\n\n" X " *a\n", "1 f 0000 0:0 0 0:0 2d 0 b;4 f 0000 0:0 0 0:0 2d 0 a;"},
    {"SHA256 (a b) = " X "\n", "1 f 0000 0:0 0 0:0 2d 0 a b;"},
    {"\\" X "  a\\nb\n", "1 f 0000 0:0 0 0:0 2d 0 a\nb;"},

    {"", "it has no entry"},
    {"\n\n", "it has no entry"},
    {"initgate-tree 1", "line 1 is cut short: it has no end of line"},
    {"initgate-tree 2\n", "line 1 is a header of a form that this release does not know"},
    {"initgate-tree 1 \n", "line 1 is a header of a form that this release does not know"},
    {"initgate-tree 1 without mode owner\n",
     "line 1 is a header of a form that this release does not know"},
    {HEAD "x 0644 0:0 1 " X " - a\n", "line 2 begins with no type (f d l p s b c)"},
    {HEAD "ff 0644 0:0 1 " X " - a\n", "line 2 begins with no type (f d l p s b c)"},
    {HEAD "\n", "line 2 is cut short"},
    {HEAD "f 0644 0:0 1\n", "line 2 is cut short"},
    {HEAD "f 644 0:0 1 " X " - a\n", "line 2 has a mode that is none"},
    {HEAD "f 0648 0:0 1 " X " - a\n", "line 2 has a mode that is none"},
    {HEAD "f - 0:0 1 " X " - a\n", "line 2 has a mode that is none"},
    {HEAD "l 0777 0:0 - - - a -> b\n", "line 2 has a mode that is none"},
    {"initgate-tree 1 without mode\nd 0755 1:2 - - - a\n", "line 2 has a mode that is none"},
    {HEAD "f 0644 0 1 " X " - a\n", "line 2 has an owner that is none"},
    {HEAD "f 0644 4294967296:0 1 " X " - a\n", "line 2 has an owner that is none"},
    {HEAD "f 0644 -1:0 1 " X " - a\n", "line 2 has an owner that is none"},
    {HEAD "f 0644 - 1 " X " - a\n", "line 2 has an owner that is none"},
    {"initgate-tree 1 without owner\nd 0755 0:0 - - - a\n", "line 2 has an owner that is none"},
    {HEAD "f 0644 0:0 18446744073709551616 " X " - a\n", "line 2 has a size or digest that is none"},
    {HEAD "f 0644 0:0 - " X " - a\n", "line 2 has a size or digest that is none"},
    {HEAD "f 0644 0:0 1 - - a\n", "line 2 has a size or digest that is none"},
    {HEAD "f 0644 0:0 1 2d71 - a\n", "line 2 has a size or digest that is none"},
    {HEAD "f 0644 0:0 1 2D711642B726B04401627CA9FBAC32F5C8530FB1903CC4DB02258717921A4881 - a\n",
     "line 2 has a size or digest that is none"},
    {HEAD "d 0755 0:0 1 - - a\n", "line 2 has a size or digest that is none"},
    {HEAD "c 0644 0:0 1 - - a\n", "line 2 has a size or digest that is none"},
    {HEAD "f 0644 0:0 1 " X " 010 a\n", "line 2 has a file capability that is none"},
    {HEAD "d 0755 0:0 - - 0102 a\n", "line 2 has a file capability that is none"},
    {HEAD FILE_LINE("a b"), "line 2 has text behind its path"},
    {HEAD FILE_LINE("a -> b"), "line 2 has text behind its path"},
    {HEAD "l - 0:0 - - - a\n", "line 2 has no symlink target"},
    {HEAD "l - 0:0 - - - a -> \n", "line 2 has no symlink target"},
    {HEAD "l - 0:0 - - - a -> b c\n", "line 2 has no symlink target"},
    {HEAD "l - 0:0 - - - a -> \\057\n", "line 2 has an escape that is none"},
    {HEAD FILE_LINE("\\141"), "line 2 has an escape that is none"},
    {HEAD FILE_LINE("\\000"), "line 2 has an escape that is none"},
    {HEAD FILE_LINE("a\\"), "line 2 has an escape that is none"},
    {HEAD FILE_LINE("a\\04"), "line 2 has an escape that is none"},
    {HEAD FILE_LINE("a\tb"), "line 2 has an escape that is none"},
    {HEAD FILE_LINE(""), "line 2 has a path that leads outside, or is not plain: "},
    {HEAD FILE_LINE("/a"), "line 2 has a path that leads outside, or is not plain: /a"},
    {HEAD FILE_LINE("a/"), "line 2 has a path that leads outside, or is not plain: a/"},
    {HEAD FILE_LINE("./a"), "line 2 has a path that leads outside, or is not plain: ./a"},
    {HEAD FILE_LINE("a//b"), "line 2 has a path that leads outside, or is not plain: a//b"},
    {HEAD FILE_LINE("a/../b"), "line 2 has a path that leads outside, or is not plain: a/../b"},
    {HEAD FILE_LINE("a") FILE_LINE("a"), "line 3 repeats a path: a"},
    {HEAD FILE_LINE("b") FILE_LINE("a"), "line 3 is out of order (LC_ALL=C): a"},
    {HEAD FILE_LINE("a/b") FILE_LINE("a-b"), "line 3 is out of order (LC_ALL=C): a-b"},
    {X "  ../a\n", "line 1 has a path that leads outside, or is not plain: ../a"},
    {X "  /a\n", "line 1 has a path that leads outside, or is not plain: /a"},
    {X "  a", "line 1 is cut short: it has no end of line"},
    {X "  a\ngarbage\n", "line 2 is no line of sha256sum: \"garbage\""},
    {X "  -\n", "line 1: \"-\" is standard input, not a file; a file of that name is \"./-\""},
};

START_TEST(row_in_pieces_of_any_size)
{
    size_t length = strlen(rows[_i].text);
    for (size_t piece = 1; piece <= length + 1; piece++) {
        char *read = parse(rows[_i].text, length, piece);
        ck_assert_msg(strcmp(read, rows[_i].read) == 0, "%s in pieces of %zu: \"%s\", expected \"%s\"",
                      rows[_i].text, piece, read, rows[_i].read);
        free(read);
    }
}
END_TEST

START_TEST(nul_and_endless_lines)
{
    static const char nul[] = HEAD "f 0644 0:0 1 " X " - a\0b\n";
    char *read = parse(nul, sizeof nul - 1, 7);
    ck_assert_str_eq(read, "line 2 has a NUL byte");
    free(read);
    size_t length = 9 << 20;
    char *text = ig_alloc(length);
    memset(text, 'x', length);
    read = parse(text, length, 64 << 10);
    ck_assert_str_eq(read, "line 1 is longer than any path");
    free(read);
    free(text);
}
END_TEST

START_TEST(one_line_of_sums)
{
    char hex[IG_SUMS_HEX + 1] = "";
    char *name = NULL;
    struct ig_error e = {0};
    ck_assert_int_eq(ig_sums_line("", 1, &name, hex, &e), 0);
    ck_assert_int_eq(ig_sums_line("\r", 1, &name, hex, &e), 0);
    ck_assert_int_eq(ig_sums_line("# x", 1, &name, hex, &e), 0);
    ck_assert_ptr_null(name);
    ck_assert_int_eq(ig_sums_line("  " X "  a\r", 1, &name, hex, &e), 1);
    ck_assert_str_eq(name, "a");
    ck_assert_str_eq(hex, X);
    free(IG_STEAL(name));
    ck_assert_int_eq(ig_sums_line("\\SHA256 (a\\rb) = " X, 1, &name, hex, &e), 1);
    ck_assert_str_eq(name, "a\rb");
    free(IG_STEAL(name));
    ck_assert_int_eq(ig_sums_line(X "  ", 41, &name, hex, &e), -1);
    ck_assert_str_eq(e.text, "line 41 is no line of sha256sum: \"" X "  \"");
    ck_assert_ptr_null(name);
}
END_TEST

/* --- a tree --------------------------------------------------------------- */

static char base[64];
static int base_fd;

static const uint8_t capability[XATTR_CAPS_SZ_2] = {0x01, 0, 0, 0x02, 0x00, 0x04};

static void put(const char *name, const char *content)
{
    int fd = openat(base_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    ck_assert_int_eq(fchmod(fd, 0644), 0);
    close(fd);
}

static void set_capability(const char *name, size_t size)
{
    char *path = ig_format("%s/%s", base, name);
    ck_assert_int_eq(setxattr(path, "security.capability", capability, size, 0), 0);
    free(path);
}

static void setup(void)
{
    snprintf(base, sizeof base, "/dev/shm/test_manifest.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(base_fd, 0);
    umask(0022);
    ck_assert_int_eq(mkdirat(base_fd, "dir", 0755), 0);
    put("dir/file", "x");
    put("dir-file", "");
    put("capable", "x");
    set_capability("capable", sizeof capability);
    put("odd \\\n\x7f\xff", "odd");
    ck_assert_int_eq(symlinkat("dir/ file", base_fd, "link"), 0);
    ck_assert_int_eq(mkfifoat(base_fd, "fifo", 0600), 0);
    ck_assert_int_eq(mknodat(base_fd, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
    ck_assert_int_eq(fchmodat(base_fd, "null", 0666, 0), 0);
}

static void teardown(void)
{
    char *command = ig_format("rm -rf '%s'", base);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    free(command);
    close(base_fd);
}

static struct ig_tree *read_tree(void)
{
    struct ig_tree_options options = {.threads = 2};
    struct ig_tree *tree = NULL;
    struct ig_error e = {0};
    ck_assert_msg(ig_tree_list(base_fd, &options, &tree, &e) == 0, "%s", e.text);
    ig_tree_read_content(tree, NULL, NULL);
    ck_assert_uint_eq(tree->failed, 0);
    return tree;
}

static int to_fd(void *context, const char *data, size_t size, struct ig_error *e)
{
    (void)e;
    return write(*(int *)context, data, size) == (ssize_t)size ? 0 : -1;
}

static int manifest_of(struct ig_tree *tree, unsigned without)
{
    int fd = memfd_create("manifest", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ig_manifest_write(tree, without, to_fd, &fd, NULL), 0);
    return fd;
}

/* "changed path (detail);...", or the sentence of an unfit manifest; malloc'd. */
static char *differences(int manifest, unsigned without, bool extra)
{
    struct ig_comparison found;
    struct ig_sha256 digest;
    struct ig_error e = {0};
    struct ig_buf text = {0};
    struct ig_tree *tree = read_tree();
    ig_buf_adds(&text, "");
    if (ig_tree_compare(tree, manifest, without, extra, &digest, &found, &e) != 0) {
        ig_buf_adds(&text, e.text);
    }
    for (size_t i = 0; i < found.count; i++) {
        ig_buf_addf(&text, "%s %s (%s);", found.list[i].kind, found.list[i].path,
                    found.list[i].detail);
    }
    ig_comparison_free(&found);
    ig_tree_free(tree);
    return ig_buf_steal(&text);
}

START_TEST(written_as_documented)
{
    struct ig_tree *tree = read_tree();
    int fd = manifest_of(tree, 0);
    char text[4096];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    static const char expected[] =
        HEAD "f 0644 0:0 1 " X " 0100000200040000000000000000000000000000 capable\n"
        "d 0755 0:0 - - - dir\n"
        "f 0644 0:0 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 - dir-file\n"
        FILE_LINE("dir/file")
        "p 0600 0:0 - - - fifo\n"
        "l - 0:0 - - - link -> dir/\\040file\n"
        "c 0666 0:0 1:3 - - null\n"
        "f 0644 0:0 3 990cb8ebd0afb7150da453a213036a92f2c05e091df0d803e62d257ea7796c27 - "
        "odd\\040\\134\\012\\177\xff\n";
    ck_assert_str_eq(text, expected);
    struct ig_sha256 of_tree;
    struct ig_sha256 of_text;
    ck_assert_int_eq(ig_manifest_digest(tree, 0, &of_tree, NULL), 0);
    ck_assert_int_eq(ig_sha256_bytes(text, (size_t)n, &of_text, NULL), 0);
    ck_assert_mem_eq(&of_tree, &of_text, sizeof of_tree);
    close(fd);
    ig_tree_free(tree);
}
END_TEST

static void no_change(void)
{
}

static void change_content(void)
{
    put("dir/file", "y");
}

static void change_size(void)
{
    put("dir-file", "more");
}

static void change_mode(void)
{
    ck_assert_int_eq(fchmodat(base_fd, "dir", 01755, 0), 0);
}

static void change_owner(void)
{
    ck_assert_int_eq(fchownat(base_fd, "link", 7, 0, AT_SYMLINK_NOFOLLOW), 0);
}

static void change_group(void)
{
    ck_assert_int_eq(fchownat(base_fd, "fifo", 0, 7, 0), 0);
}

static void change_target(void)
{
    ck_assert_int_eq(unlinkat(base_fd, "link", 0), 0);
    ck_assert_int_eq(symlinkat("dir", base_fd, "link"), 0);
}

static void change_device(void)
{
    ck_assert_int_eq(unlinkat(base_fd, "null", 0), 0);
    ck_assert_int_eq(mknodat(base_fd, "null", S_IFCHR | 0666, makedev(1, 5)), 0);
    ck_assert_int_eq(fchmodat(base_fd, "null", 0666, 0), 0);
}

static void change_type(void)
{
    ck_assert_int_eq(unlinkat(base_fd, "fifo", 0), 0);
    ck_assert_int_eq(mkdirat(base_fd, "fifo", 0700), 0);
}

static void lose_capability(void)
{
    char *path = ig_format("%s/capable", base);
    ck_assert_int_eq(removexattr(path, "security.capability"), 0);
    free(path);
}

static void gain_capability(void)
{
    set_capability("dir/file", sizeof capability);
}

static void other_capability(void)
{
    static const uint8_t other[XATTR_CAPS_SZ_2] = {0x01, 0, 0, 0x02, 0x00, 0x08};
    char *path = ig_format("%s/capable", base);
    ck_assert_int_eq(setxattr(path, "security.capability", other, sizeof other, 0), 0);
    free(path);
}

static void lose(void)
{
    ck_assert_int_eq(unlinkat(base_fd, "dir/file", 0), 0);
    ck_assert_int_eq(unlinkat(base_fd, "dir", AT_REMOVEDIR), 0);
}

static void gain(void)
{
    ck_assert_int_eq(mkdirat(base_fd, "dir/new", 0755), 0);
    put("zzz", "x");
}

static const struct {
    void (*change)(void);
    unsigned without;
    bool extra;
    const char *found;
} changes[] = {
    {no_change, 0, true, ""},
    {change_content, 0, true, "changed dir/file (content differs);"},
    {change_size, 0, true, "changed dir-file (size 4, expected 0; content differs);"},
    {change_mode, 0, true, "changed dir (mode 1755, expected 0755);"},
    {change_mode, IG_WITHOUT_OWNER, true, "changed dir (mode 1755, expected 0755);"},
    {change_mode, IG_WITHOUT_MODE, true, ""},
    {change_owner, 0, true, "changed link (owner 7:0, expected 0:0);"},
    {change_owner, IG_WITHOUT_OWNER, true, ""},
    {change_group, IG_WITHOUT_MODE, true, "changed fifo (owner 0:7, expected 0:0);"},
    {change_target, 0, true, "changed link (target \"dir\", expected \"dir/ file\");"},
    {change_device, 0, true, "changed null (device 1:5, expected 1:3);"},
    {change_type, 0, true, "changed fifo (directory, expected FIFO);"},
    {lose_capability, 0, true, "changed capable (has no file capability, expected one);"},
    {gain_capability, 0, true, "changed dir/file (has a file capability, expected none);"},
    {other_capability, 0, true, "changed capable (has another file capability);"},
    {lose, 0, true, "missing dir (directory);missing dir/file (regular file);"},
    {lose, 0, false, "missing dir (directory);missing dir/file (regular file);"},
    {gain, 0, true, "extra dir/new (directory);extra zzz (regular file);"},
    {gain, 0, false, ""},
};

START_TEST(one_change)
{
    struct ig_tree *tree = read_tree();
    int whole = manifest_of(tree, 0);
    int part = manifest_of(tree, changes[_i].without);
    ig_tree_free(tree);
    changes[_i].change();
    /* Left out by the policy, by the manifest, or by both. */
    for (int way = 0; way < 3; way++) {
        char *found = differences(way == 0 ? whole : part, way == 1 ? 0 : changes[_i].without,
                                  changes[_i].extra);
        if (way == 1 && changes[_i].without != 0) {
            ck_assert_msg(strstr(found, "leaves out") != NULL || strstr(found, "without") != NULL,
                          "%s", found);
        } else {
            ck_assert_str_eq(found, changes[_i].found);
        }
        free(found);
    }
    close(whole);
    close(part);
}
END_TEST

/* The rest of a comparison with a checksum file, and what it leaves to others. */
START_TEST(against_sums)
{
    static const char text[] = X "  ./dir/file\n" X "  capable\n" X "  gone\n" X "  link\n";
    int fd = memfd_create("sums", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    char *found = differences(fd, 0, true);
    ck_assert_str_eq(found, "extra dir-file (regular file);extra fifo (FIFO);"
                            "missing gone (regular file);"
                            "changed link (symbolic link, expected regular file);"
                            "extra null (character device);"
                            "extra odd \\\n\x7f\xff (regular file);");
    free(found);
    found = differences(fd, 0, false);
    ck_assert_str_eq(found, "missing gone (regular file);"
                            "changed link (symbolic link, expected regular file);");
    free(found);
    static const char again[] = X "  ./capable\n";
    ck_assert_int_eq(write(fd, again, sizeof again - 1), (ssize_t)sizeof again - 1);
    found = differences(fd, 0, true);
    ck_assert_msg(strstr(found, "repeats a path: capable") != NULL, "%s", found);
    free(found);
    close(fd);
}
END_TEST

/* What may be there is marked, so that nothing of it matters; a folder never is. */
START_TEST(what_may_be_there_is_marked)
{
    struct ig_comparison found;
    struct ig_sha256 digest;
    struct ig_error e = {0};
    struct ig_tree *tree = read_tree();
    int fd = manifest_of(tree, 0);
    ig_tree_free(tree);
    gain();
    tree = read_tree();
    ck_assert_int_eq(ig_tree_compare(tree, fd, 0, false, &digest, &found, &e), 0);
    for (size_t i = 0; i < tree->count; i++) {
        bool marked = (tree->entries[i]->flags & IG_TREE_UNLISTED) != 0;
        ck_assert_int_eq(marked, strcmp(tree->entries[i]->name, "zzz") == 0);
    }
    ig_comparison_free(&found);
    ig_tree_free(tree);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manifest");
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, row_in_pieces_of_any_size, 0, (int)IG_COUNT(rows));
    tcase_add_test(text, nul_and_endless_lines);
    tcase_add_test(text, one_line_of_sums);
    suite_add_tcase(suite, text);
    TCase *trees = tcase_create("trees");
    tcase_set_timeout(trees, 60);
    tcase_add_checked_fixture(trees, setup, teardown);
    tcase_add_test(trees, written_as_documented);
    tcase_add_loop_test(trees, one_change, 0, (int)IG_COUNT(changes));
    tcase_add_test(trees, against_sums);
    tcase_add_test(trees, what_may_be_there_is_marked);
    suite_add_tcase(suite, trees);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
