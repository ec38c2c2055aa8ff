/* SPDX-License-Identifier: Apache-2.0 */
/* What a loader's file says, and resolutions whose inputs no linker would write, over made-up
 * roots; test/cli/loader_rules.py asks real loaders. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "elf/loader.h"
#include "elf/resolve.h"
#include "so_build.h"

#define LOADER "/lib64/ld-linux-x86-64.so.2"

static char top[64];
static struct ig_fsroot *root;
static struct ig_files *files;
static struct ig_resolution resolution;
static struct ig_resolve_options options;
static struct timespec started;

static void begin(void)
{
    struct ig_error e = {0};
    snprintf(top, sizeof top, "/tmp/test_loader.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    ck_assert_int_eq(ig_fsroot_open(top, &root, &e), 0);
    files = ig_files_new();
    options = (struct ig_resolve_options){.root = root, .files = files, .x86.level = 1};
    clock_gettime(CLOCK_MONOTONIC, &started);
}

static void end(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    IG_AUTO_FREE char *remove = ig_format("rm -rf %s", top);
    ig_resolution_free(&resolution);
    ig_files_free(files);
    ig_fsroot_close(root);
    ck_assert_int_eq(system(remove), 0);
    /* A second in a release build; sanitizers and a busy machine take their share. */
    ck_assert_int_lt(now.tv_sec - started.tv_sec, 20);
}

static void write_file(const char *path, const void *data, size_t size)
{
    IG_AUTO_FREE char *full = ig_format("%s%s", top, path);
    for (char *p = full + strlen(top) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        mkdir(full, 0755);
        *p = '/';
    }
    FILE *f = fopen(full, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

/* Takes SO over. */
static void write_so(const char *path, struct so *so)
{
    so_tag(so, DT_STRTAB, so_strings_at(so, 2));
    so_tag(so, DT_NULL, 0);
    struct ig_buf file = so_finish(so);
    write_file(path, file.data, file.length);
    ig_buf_free(&file);
    so_free(so);
}

static void write_library(const char *path, const char *soname, const char *needed)
{
    struct so *so = so_new(ELFCLASS64, ELFDATA2LSB);
    if (soname != NULL) {
        so_name(so, DT_SONAME, soname);
    }
    if (needed != NULL) {
        so_name(so, DT_NEEDED, needed);
    }
    write_so(path, so);
}

static void resolve(const char *path)
{
    struct ig_walk walk;
    struct ig_image image;
    struct ig_error e = {0};
    ck_assert_int_eq(ig_fsroot_walk(root, path, 0, &walk), 0);
    int fd = ig_walk_open(&walk, &e);
    ck_assert_int_ge(fd, 0);
    struct ig_bytes bytes = ig_bytes_of_fd(fd, ig_walk_final(&walk)->meta.size);
    ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), 0);
    ck_assert_msg(ig_resolve(&options, &walk, fd, &image, LOADER, &resolution, &e) == 0, "%s",
                  e.text);
    close(fd);
    ig_image_free(&image);
    ig_walk_free(&walk);
}

START_TEST(cycles)
{
    char name[32];
    char next[32];
    char path[64];
    enum { COUNT = 300 };
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "lib%u.so", i);
        snprintf(next, sizeof next, "lib%u.so", (i + 1) % COUNT);
        snprintf(path, sizeof path, "/usr/lib/%s", name);
        write_library(path, name, next);
    }
    write_library("/prog", NULL, "lib0.so");
    resolve("/prog");
    ck_assert_ptr_null(resolution.limit);
    ck_assert_uint_eq(resolution.count, COUNT + 1);
    ck_assert_uint_eq(resolution.need_count, COUNT + 1);
    ck_assert_str_eq(resolution.objects[COUNT].path, "/usr/lib/lib299.so");
}
END_TEST

START_TEST(ten_thousand_needs)
{
    struct so *so = so_new(ELFCLASS64, ELFDATA2LSB);
    char name[32];
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "lib%u.so", _i != 0 ? i : 0);
        so_name(so, DT_NEEDED, name);
    }
    write_so("/prog", so);
    write_library("/usr/lib/lib9999.so", NULL, NULL);
    resolve("/prog");
    ck_assert_uint_eq(resolution.need_count, 10000);
    ck_assert(!resolution.needs[0].found);
    ck_assert_uint_gt(resolution.needs[0].try_count, 0);
    ck_assert_uint_eq(resolution.count, _i != 0 ? 2 : 1);
}
END_TEST

/* COUNT definitions whose names are the ends of one long text. */
static void write_versions(const char *path, unsigned count, size_t length)
{
    enum { VERDEF = 20, VERDAUX = 8 };
    struct so *so = so_new(ELFCLASS64, ELFDATA2LSB);
    IG_AUTO_FREE char *text = ig_alloc(length + 1);
    memset(text, 'v', length);
    uint64_t at = so_string(so, text);
    for (unsigned i = 0; i < count; i++) {
        so_put(so, &so->rest, 1, 2);  /* vd_version, vd_flags, vd_ndx, vd_cnt */
        so_put(so, &so->rest, 0, 2);
        so_put(so, &so->rest, i + 2, 2);
        so_put(so, &so->rest, 1, 2);
        so_put(so, &so->rest, i, 4);
        so_put(so, &so->rest, VERDEF, 4);
        so_put(so, &so->rest, i + 1 < count ? VERDEF + VERDAUX : 0, 4);
        so_put(so, &so->rest, at + i, 4);
        so_put(so, &so->rest, 0, 4);
    }
    so_tag(so, DT_VERDEF, so_strings_at(so, 3) + so->strings.length);
    write_so(path, so);
}

/* Files of 32 KiB whose names take 250 KiB each: some are kept, the others are said to be too much. */
START_TEST(more_names_than_are_kept)
{
    enum { LIBRARIES = 200, NAMES = 8, LENGTH = 31 << 10 };
    struct so *so = so_new(ELFCLASS64, ELFDATA2LSB);
    size_t unread = 0;
    size_t said = 0;
    for (unsigned i = 0; i < LIBRARIES; i++) {
        IG_AUTO_FREE char *path = ig_format("/usr/lib/lib%u.so", i);
        write_versions(path, NAMES, LENGTH);
        so_name(so, DT_NEEDED, strrchr(path, '/') + 1);
    }
    write_so("/prog", so);
    resolve("/prog");
    for (size_t i = 0; i < resolution.need_count; i++) {
        const struct ig_need *need = &resolution.needs[i];
        unread += need->unread;
        said += need->unread && strstr(need->fault, "more than initgate keeps") != NULL;
    }
    ck_assert_uint_gt(said, 0);
    ck_assert_uint_eq(resolution.need_count, LIBRARIES);
    /* 16 MiB in all. */
    ck_assert_uint_ge(unread, LIBRARIES - (16 << 20) / (NAMES * (LENGTH - NAMES)));
    ck_assert(resolution.needs[0].found);
}
END_TEST

/* More directories, and more places, than any program has: said, not passed over. */
START_TEST(endless_search_paths)
{
    struct so *so = so_new(ELFCLASS64, ELFDATA2LSB);
    struct ig_buf rpath = {0};
    for (unsigned i = 0; i < 50; i++) {
        for (unsigned up = 0; up <= i; up++) {
            ig_buf_adds(&rpath, "/..");
        }
        ig_buf_adds(&rpath, ":");
    }
    so_name(so, DT_RPATH, ig_buf_text(&rpath));
    for (unsigned i = 0; i < 10000; i++) {
        so_name(so, DT_NEEDED, i % 2 != 0 ? "libx.so" : "liby.so");
    }
    write_so("/prog", so);
    resolve("/prog");
    ck_assert_ptr_nonnull(resolution.limit);
    ig_buf_free(&rpath);
}
END_TEST

START_TEST(too_many_directories)
{
    struct so *so = so_new(ELFCLASS64, ELFDATA2LSB);
    struct ig_buf path = {0};
    for (unsigned i = 0; i < 3000; i++) {
        ig_buf_addf(&path, "/d%u:", i);
    }
    so_name(so, DT_NEEDED, "liba.so");
    write_so("/prog", so);
    options.ld_library_path = ig_buf_text(&path);
    resolve("/prog");
    ck_assert_ptr_nonnull(resolution.limit);
    ck_assert_uint_le(resolution.dir_count, 1024);
    ig_buf_free(&path);
}
END_TEST

START_TEST(a_relative_name_is_unknown_without_a_working_directory)
{
    write_library("/work/liba.so", NULL, NULL);
    write_library("/prog", NULL, "./liba.so");
    options.cwd = _i != 0 ? "/work" : NULL;
    resolve("/prog");
    ck_assert(resolution.needs[0].found == (_i != 0));
    ck_assert(resolution.needs[0].unread == (_i == 0));
    ck_assert((resolution.needs[0].fault != NULL) == (_i == 0));
}
END_TEST

START_TEST(a_cache_too_large_is_a_limit)
{
    char *zeros = calloc(1, IG_LDCACHE_MAX + 1);
    write_file("/etc/ld.so.cache", zeros, IG_LDCACHE_MAX + 1);
    free(zeros);
    write_library("/prog", NULL, NULL);
    resolve("/prog");
    ck_assert_ptr_nonnull(strstr(resolution.limit, "ld.so.cache"));
}
END_TEST

START_TEST(ten_thousand_preloads)
{
    struct ig_buf list = {0};
    for (unsigned i = 0; i < 10000; i++) {
        ig_buf_addf(&list, "/p%u ", i);
    }
    write_library("/prog", NULL, NULL);
    options.ld_preload = ig_buf_text(&list);
    resolve("/prog");
    ck_assert_uint_eq(resolution.need_count, 10000);
    ck_assert(resolution.needs[0].ignored && resolution.needs[9999].ignored);
    ig_buf_free(&list);
}
END_TEST

static bool deny_only(const void *context, const struct ig_walk *walk, unsigned may)
{
    (void)may;
    return strcmp(walk->path, context) != 0;
}

START_TEST(what_the_loader_may_not_read_of_its_own)
{
    write_library("/lib/libp.so", NULL, NULL);
    write_file("/etc/ld.so.preload", "libp.so\n", 8);
    write_library("/prog", NULL, NULL);
    resolve("/prog");
    ck_assert_uint_eq(resolution.count, 2);
    ck_assert_ptr_null(resolution.refused);
    ig_resolution_free(&resolution);
    options.permits = deny_only;
    options.context = "/etc/ld.so.preload";
    resolve("/prog");
    ck_assert_uint_eq(resolution.count, 1);
    ck_assert_str_eq(resolution.refused, "/etc/ld.so.preload exists, but the program's user may not "
                                         "read it: its loader goes on without it");
}
END_TEST

static bool deny(const void *context, const struct ig_walk *walk, unsigned may)
{
    ck_assert_uint_eq(may, 4);
    return strstr(walk->path, context) == NULL;
}

START_TEST(what_the_user_may_not_read_is_not_there)
{
    write_library("/lib/liba.so", NULL, NULL);
    write_library("/usr/lib/liba.so", NULL, NULL);
    write_library("/prog", NULL, "liba.so");
    options.permits = deny;
    options.context = "/lib/liba.so";
    options.trace = true;
    resolve("/prog");
    ck_assert(!resolution.needs[0].found);
    const struct ig_need *need = &resolution.needs[0];
    ck_assert_str_eq(need->tries[need->try_count - 1].why, "EACCES");
}
END_TEST

static struct ig_loader parse_loader(const char *text, size_t size)
{
    struct ig_bytes bytes = ig_bytes_of_memory(text, size);
    struct ig_image image = {.e_class = ELFCLASS64, .e_machine = EM_X86_64};
    struct ig_loader loader;
    struct ig_error e = {0};
    ck_assert_int_eq(ig_loader_parse(&bytes, NULL, &image, IG_LOADER_GLIBC, &loader, &e), 0);
    return loader;
}

START_TEST(constants_of_a_loader)
{
    static const char text[] =
        "x\0/lib/\0no\0ld.so (Debian GLIBC 2.36-9) stable release version 2.36.\n\0"
        "/lib/aa/\0/usr/lib/aa/\0/lib/\0/usr/lib/\0/etc/\0--glibc-hwcaps-prepend";
    struct ig_loader loader = parse_loader(text, sizeof text);
    ck_assert_uint_eq(loader.minor, 36);
    ck_assert(loader.hwcaps);
    ck_assert_uint_eq(loader.system_dir_count, 4);
    ck_assert_str_eq(loader.system_dirs[0], "/lib/aa");
    ck_assert_str_eq(loader.system_dirs[3], "/usr/lib");
    ck_assert_str_eq(loader.lib, "lib/aa");
    ig_loader_free(&loader);
}
END_TEST

/* What lies in the code is no constant, unless nothing else is. */
START_TEST(constants_in_their_segment)
{
    static const char text[] =
        "y\0/lib/code/\0/lib/b/\0/lib/c/\0 release version 2.99.x"
        "/usr/lib/aa/\0/lib/\0 release version 2.36.\0--glibc-hwcaps-prepend\0";
    size_t code = 52;
    ck_assert_int_eq(text[code - 1], 'x');
    struct ig_segment segments[] = {
        {.type = PT_LOAD, .flags = PF_R | PF_X, .filesz = code},
        {.type = PT_LOAD, .flags = PF_R, .offset = code, .filesz = sizeof text - code},
    };
    struct ig_image loaded = {.segments = segments, .segment_count = IG_COUNT(segments)};
    struct ig_image image = {.e_class = ELFCLASS64, .e_machine = EM_X86_64};
    struct ig_bytes bytes = ig_bytes_of_memory(text, sizeof text);
    struct ig_loader loader;
    for (unsigned both = 0; both < 2; both++) {
        segments[1].flags = both != 0 ? PF_R | PF_X : PF_R;
        ck_assert_int_eq(
            ig_loader_parse(&bytes, &loaded, &image, IG_LOADER_GLIBC, &loader, NULL), 0);
        ck_assert_uint_eq(loader.minor, both != 0 ? 99 : 36);
        ck_assert_uint_eq(loader.system_dir_count, both != 0 ? 3 : 2);
        ck_assert_str_eq(loader.system_dirs[0], both != 0 ? "/lib/code" : "/usr/lib/aa");
        ig_loader_free(&loader);
    }
}
END_TEST

START_TEST(no_constants)
{
    struct ig_loader loader = parse_loader("nothing", 7);
    ck_assert_uint_eq(loader.minor, 0);
    ck_assert(!loader.hwcaps);
    ck_assert_uint_gt(loader.system_dir_count, 0);
    ig_loader_free(&loader);
    loader = parse_loader("", 0);
    ck_assert_uint_eq(loader.minor, UINT_MAX);
    ck_assert(loader.hwcaps);
    ig_loader_free(&loader);
}
END_TEST

START_TEST(four_megabytes_of_constants)
{
    size_t size = 4 << 20;
    char *text = malloc(size);
    for (size_t i = 0; i < size; i++) {
        text[i] = "/lib/"[i % 6];
    }
    struct ig_loader loader = parse_loader(text, size);
    ck_assert_uint_le(loader.system_dir_count, 16);
    ig_loader_free(&loader);
    free(text);
}
END_TEST

static const struct {
    const char *path;
    enum ig_loader_kind kind;
} kinds[] = {
    {"/lib64/ld-linux-x86-64.so.2", IG_LOADER_GLIBC}, {"/lib/ld-linux.so.2", IG_LOADER_GLIBC},
    {"/lib64/ld64.so.2", IG_LOADER_GLIBC},            {"/lib/ld.so.1", IG_LOADER_GLIBC},
    {"/lib/ld-musl-x86_64.so.1", IG_LOADER_MUSL},     {"ld-musl-armhf.so.1", IG_LOADER_MUSL},
    {"/lib/libc.so", IG_LOADER_UNKNOWN},              {"/system/bin/linker64", IG_LOADER_UNKNOWN},
    {"", IG_LOADER_UNKNOWN},
};

START_TEST(kind_by_name)
{
    ck_assert_int_eq(ig_loader_kind_of(kinds[_i].path), kinds[_i].kind);
}
END_TEST

/* ig_dir_walk() passes the hops that a walk from the root does, and so does ig_dir_walk_near() of what
 * is meant for it. */
static const struct {
    const char *dir, *name;
    int near;
} dir_paths[] = {
    {"/", "a", -1},         {"/a", "file", 0},         {"/a/b", "up", -1},  {"/a/b", "..", -1},
    {"/link", "file", 0},   {"/a", "absolute", -1},    {"/a", "loop", -1},  {"/a", "missing", ENOENT},
    {"/a/./b/..", "file", 0}, {"/a", ".", -1},         {"/a/", "b", -1},    {"/a", "near", 0},
    {"/link", "nearer", 0}, {"/a", "dangling", -1},    {"/a", "pipe", -1},  {"/a", "toPipe", -1},
    {"/a", "toDir", -1},    {"/a", ".hidden", 0},      {"/a", "toHidden", -1},
};

static void check_same_hops(const struct ig_walk *one, const struct ig_walk *other)
{
    ck_assert_int_eq(one->error, other->error);
    ck_assert_str_eq(one->path, other->path);
    ck_assert_uint_eq(one->count, other->count);
    ck_assert_uint_eq(one->above_mnt_id, other->above_mnt_id);
    for (size_t i = 0; i < one->count; i++) {
        const struct ig_hop *a = &one->hops[i];
        const struct ig_hop *b = &other->hops[i];
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_str_eq(a->path, b->path);
        ck_assert_pstr_eq(a->target, b->target);
        ck_assert_uint_eq(a->meta.ino, b->meta.ino);
        ck_assert_uint_eq(a->meta.mode, b->meta.mode);
        ck_assert_uint_eq(a->meta.mnt_id, b->meta.mnt_id);
        ck_assert_int_eq(a->trailing, b->trailing);
        ck_assert_int_eq(a->grafted, b->grafted);
    }
    ck_assert_int_eq(one->fd >= 0, other->fd >= 0);
}

static void check_near(const struct ig_dir *dir, size_t row, const struct ig_walk *other)
{
    struct ig_arena memory = {0};
    struct ig_walk near;
    char byte;
    ck_assert_int_eq(ig_dir_walk_near(dir, dir_paths[row].name, &memory, &near),
                     dir_paths[row].near);
    if (dir_paths[row].near == 0) {
        check_same_hops(&near, other);
        ck_assert_str_eq(near.name, other->name);
        ck_assert_int_eq(read(near.fd, &byte, 1), 0);
    } else {
        ck_assert_int_eq(near.fd, -1);
        ck_assert_uint_eq(near.count, 0);
    }
    ig_walk_free(&near);
    ig_arena_free(&memory);
}

START_TEST(walking_on_from_a_directory)
{
    const char *dir_path = dir_paths[_i].dir;
    const char *name = dir_paths[_i].name;
    IG_AUTO_FREE char *setup = ig_format("cd %s && mkdir -p a/b && touch a/file && "
                                         "ln -s ../../a/file a/b/up && ln -s a link && "
                                         "ln -s /a/file a/absolute && ln -s loop a/loop && "
                                         "ln -s file a/near && ln -s near a/nearer && "
                                         "ln -s nothing a/dangling && mkfifo a/pipe && "
                                         "ln -s pipe a/toPipe && ln -s b a/toDir && "
                                         "touch a/.hidden && ln -s .hidden a/toHidden", top);
    IG_AUTO_FREE char *path = ig_format("%s/%s", dir_path, name);
    struct ig_dir *dir;
    struct ig_walk one;
    struct ig_walk other;
    ck_assert_int_eq(system(setup), 0);
    ck_assert_int_eq(ig_dir_open(root, dir_path, 0, &dir), 0);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(ig_dir_walk(dir, name, 0, &one), ig_fsroot_walk(root, path, 0, &other));
        check_same_hops(&one, &other);
        check_near(dir, (size_t)_i, &other);
        ck_assert_int_eq(one.parent_fd >= 0, other.parent_fd >= 0);
        ig_walk_free(&one);
        ig_walk_free(&other);
    }
    ig_dir_close(dir);
    ck_assert_int_ne(ig_dir_open(root, "/a/file", 0, &dir), 0);
    ck_assert_int_ne(ig_dir_open(root, "/nowhere", 0, &dir), 0);
    ck_assert_int_ne(ig_dir_open(root, "", 0, &dir), 0);
    ck_assert_ptr_null(dir);
}
END_TEST

/* What happens to a library, or to the links that lead to it, between two looks. */
static const struct {
    const char *name, *command;
    bool unchanged;
} changes[] = {
    {"plain", ":", true},
    {"linked", ":", true},
    {"twice", ":", true},
    {"far", ":", true},
    {"linked", "touch -d 2001-01-01 a/other", true},
    {"plain", "touch -d 2001-01-01 a/plain", false},
    {"plain", "echo longer >>a/plain", false},
    {"plain", "cp -p a/plain a/new && mv a/new a/plain", false},
    {"plain", "rm a/plain", false},
    {"plain", "rm a/plain && ln -s other a/plain", false},
    {"linked", "ln -sfn other a/linked", false},
    {"linked", "ln -sfn ./plain a/linked", true},
    {"linked", "echo longer >>a/plain", false},
    {"linked", "cp -p a/plain a/new && rm a/linked && mv a/new a/linked", false},
    {"twice", "ln -sfn other a/linked", false},
    {"twice", "ln -sfn twice a/linked", false},
    {"far", "ln -sfn ../a/other a/far", false},
    {"far", "touch -d 2001-01-01 a/plain", false},
    {"round", ":", true},
    {"round", "ln -sfn other a/linked", false},
    {"round", "ln -sfn plain a/round", true},
    {"round", "ln -sfn ../a/other a/round", false},
};

START_TEST(looking_again_sees_a_change)
{
    IG_AUTO_FREE char *setup = ig_format("cd %s && mkdir a && echo one >a/plain && echo two >a/other && "
                                         "ln -s plain a/linked && ln -s linked a/twice && "
                                         "ln -s ../a/plain a/far && ln -s ../a/linked a/round",
                                         top);
    IG_AUTO_FREE char *command = ig_format("cd %s && %s", top, changes[_i].command);
    struct ig_dir *dir;
    struct ig_dir *bare;
    struct ig_walk before;
    ck_assert_int_eq(system(setup), 0);
    ck_assert_int_eq(ig_dir_open(root, "/a", 0, &dir), 0);
    ck_assert_int_eq(ig_dir_walk(dir, changes[_i].name, 0, &before), 0);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(ig_dir_open(root, "/a", IG_WALK_BARE, &bare), 0);
    ck_assert_int_eq(ig_dir_unchanged(bare, changes[_i].name, &before), changes[_i].unchanged);
    ck_assert_int_eq(ig_dir_unchanged(dir, changes[_i].name, &before), changes[_i].unchanged);
    ig_walk_free(&before);
    ig_dir_close(dir);
    ig_dir_close(bare);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader");
    TCase *t = tcase_create("rows");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, cycles);
    tcase_add_loop_test(t, ten_thousand_needs, 0, 2);
    tcase_add_test(t, more_names_than_are_kept);
    tcase_add_test(t, endless_search_paths);
    tcase_add_test(t, too_many_directories);
    tcase_add_loop_test(t, a_relative_name_is_unknown_without_a_working_directory, 0, 2);
    tcase_add_test(t, a_cache_too_large_is_a_limit);
    tcase_add_test(t, ten_thousand_preloads);
    tcase_add_test(t, what_the_loader_may_not_read_of_its_own);
    tcase_add_test(t, what_the_user_may_not_read_is_not_there);
    tcase_add_test(t, constants_of_a_loader);
    tcase_add_test(t, constants_in_their_segment);
    tcase_add_test(t, no_constants);
    tcase_add_test(t, four_megabytes_of_constants);
    tcase_add_loop_test(t, kind_by_name, 0, (int)IG_COUNT(kinds));
    tcase_add_loop_test(t, walking_on_from_a_directory, 0, (int)IG_COUNT(dir_paths));
    tcase_add_loop_test(t, looking_again_sees_a_change, 0, IG_COUNT(changes));
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
