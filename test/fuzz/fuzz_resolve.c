/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resolution over a small root. The input is a row of files: one byte that says which (PATHS
 * below), two of length (little-endian), the content. What it does not name is not there. The first
 * byte of all chooses the loader and the variables.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "elf/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {
    "prog", "lib/liba.so", "lib/libb.so", "usr/lib/liba.so", "opt/libc1.so", "opt/libd.so",
    "etc/ld.so.cache", "etc/ld.so.preload", "etc/ld-musl-x86_64.path",
    "lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1",
};
static const char *const folders[] = {"lib", "usr", "usr/lib", "opt", "etc", "lib64"};
static int top = -1;
static struct ig_fsroot *root;

static void must(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static void remove_top(void)
{
    char name[64];
    for (size_t i = 0; i < IG_COUNT(paths); i++) {
        unlinkat(top, paths[i], 0);
    }
    for (size_t i = IG_COUNT(folders); i-- > 0;) {
        unlinkat(top, folders[i], AT_REMOVEDIR);
    }
    snprintf(name, sizeof name, "/tmp/fuzz_resolve.%d", (int)getpid());
    rmdir(name);
}

static void make_top(void)
{
    char name[64];
    struct ig_error e;
    snprintf(name, sizeof name, "/tmp/fuzz_resolve.%d", (int)getpid());
    must(mkdir(name, 0700) == 0 || errno == EEXIST, name);
    top = open(name, O_DIRECTORY | O_PATH | O_CLOEXEC);
    must(top >= 0, name);
    for (size_t i = 0; i < IG_COUNT(folders); i++) {
        must(mkdirat(top, folders[i], 0700) == 0 || errno == EEXIST, folders[i]);
    }
    must(ig_fsroot_open(name, &root, &e) == 0, name);
    atexit(remove_top);
}

static void write_files(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < IG_COUNT(paths); i++) {
        unlinkat(top, paths[i], 0);
    }
    while (size >= 3) {
        const char *path = paths[data[0] % IG_COUNT(paths)];
        size_t length = (size_t)(data[1] | data[2] << 8);
        length = length < size - 3 ? length : size - 3;
        int fd = openat(top, path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        must(fd >= 0 && write(fd, data + 3, length) == (ssize_t)length, path);
        close(fd);
        data += 3 + length;
        size -= 3 + length;
    }
}

static void check(const struct ig_resolution *r)
{
    for (size_t i = 0; i < r->need_count; i++) {
        const struct ig_need *need = &r->needs[i];
        if (need->by >= r->count || (need->found && need->object >= r->count) ||
            (need->unread && need->fault == NULL)) {
            abort();
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        if (r->objects[i].needed_by >= r->count || r->objects[i].rule_of >= r->count) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_walk walk;
    struct ig_error e = {0};
    if (top < 0) {
        make_top();
    }
    if (size == 0) {
        return 0;
    }
    write_files(data + 1, size - 1);
    struct ig_resolve_options options = {
        .root = root,
        .files = ig_files_new(),
        .ld_library_path = (data[0] & 1) != 0 ? "/opt:/nowhere:$ORIGIN/lib" : NULL,
        .ld_preload = (data[0] & 2) != 0 ? "libd.so /opt/libc1.so" : NULL,
        .cwd = (data[0] & 4) != 0 ? "/opt" : NULL,
        .secure = data[0] >> 7 != 0,
        .x86.level = 1 + (data[0] >> 4 & 3),
        .x86.intel = (data[0] & 64) != 0,
        .trace = true,
    };
    const char *loader = (data[0] & 8) != 0 ? "/lib/ld-musl-x86_64.so.1"
                                            : "/lib64/ld-linux-x86-64.so.2";
    struct ig_resolution r;
    struct ig_image image;
    if (ig_fsroot_walk(root, "/prog", 0, &walk) == 0) {
        IG_AUTO_CLOSE int fd = ig_walk_open(&walk, &e);
        must(fd >= 0, e.text);
        struct ig_bytes bytes = ig_bytes_of_fd(fd, ig_walk_final(&walk)->meta.size);
        must(ig_image_parse(&bytes, &image, &e) == 0, e.text);
        if (ig_resolve(&options, &walk, fd, &image, loader, &r, &e) == 0) {
            check(&r);
            ig_resolution_free(&r);
        }
        ig_image_free(&image);
    }
    ig_walk_free(&walk);
    ig_files_free(options.files);
    return 0;
}
