/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/loader.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "elf/image_priv.h"

/* A loader has some 200 KiB. */
enum { LOADER_MAX = 4 << 20, DIRS_MAX = 16 };

enum ig_loader_kind ig_loader_kind_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (strncmp(name, "ld-musl-", 8) == 0) {
        return IG_LOADER_MUSL;
    }
    if (strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld64.so.", 8) == 0 ||
        strncmp(name, "ld.so.", 6) == 0 || strncmp(name, "ld-2.", 5) == 0) {
        return IG_LOADER_GLIBC;
    }
    return IG_LOADER_UNKNOWN;
}

const char *ig_loader_guess(const struct ig_image *image, char *const *needed, size_t count,
                            char *buf, size_t size)
{
    /* The ABI documents' and musl's names (LDSO_ARCH). */
    static const struct {
        uint16_t machine;
        uint8_t class;
        const char *glibc, *musl;
    } rows[] = {
        {EM_X86_64, ELFCLASS64, "/lib64/ld-linux-x86-64.so.2", "x86_64"},
        {EM_386, ELFCLASS32, "/lib/ld-linux.so.2", "i386"},
        {EM_AARCH64, ELFCLASS64, "/lib/ld-linux-aarch64.so.1", "aarch64"},
        {EM_ARM, ELFCLASS32, "/lib/ld-linux-armhf.so.3", "armhf"},
        {EM_PPC64, ELFCLASS64, "/lib64/ld64.so.2", "powerpc64le"},
        {EM_S390, ELFCLASS64, "/lib/ld64.so.1", "s390x"},
        {EM_RISCV, ELFCLASS64, "/lib/ld-linux-riscv64-lp64d.so.1", "riscv64"},
    };
    bool musl = false;
    for (size_t i = 0; i < count; i++) {
        musl |= strncmp(needed[i], "libc.musl-", 10) == 0 || strcmp(needed[i], "libc.so") == 0;
    }
    for (size_t i = 0; i < IG_COUNT(rows); i++) {
        if (rows[i].machine != image->e_machine || rows[i].class != image->e_class) {
            continue;
        }
        if (musl) {
            snprintf(buf, size, "/lib/ld-musl-%s.so.1", rows[i].musl);
        } else {
            snprintf(buf, size, "%s", rows[i].glibc);
        }
        return buf;
    }
    return NULL;
}

static void add_dir(struct ig_loader *loader, const char *dir, size_t length)
{
    loader->system_dirs = ig_realloc_array(loader->system_dirs, loader->system_dir_count + 1,
                                           sizeof *loader->system_dirs);
    loader->system_dirs[loader->system_dir_count++] = ig_strndup(dir, length);
}

/* Length of the directory constant at S ("/lib64/", its slash included), or 0. */
static size_t constant(const char *s, size_t room)
{
    size_t n = strnlen(s, room < 256 ? room : 256);
    if (n < 3 || n == room || s[0] != '/' || s[n - 1] != '/' || memmem(s, n, "lib", 3) == NULL) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] <= ' ' || s[i] > '~') {
            return 0;
        }
    }
    return n;
}

static void forget_dirs(struct ig_loader *loader)
{
    for (size_t i = 0; i < loader->system_dir_count; i++) {
        free(loader->system_dirs[i]);
    }
    free(loader->system_dirs);
    loader->system_dirs = NULL;
    loader->system_dir_count = 0;
}

/* The longest run of such constants, one behind the other. */
static void find_dirs(const char *data, size_t size, struct ig_loader *loader)
{
    size_t best = 0;
    size_t best_count = 0;
    for (size_t i = 0; i < size; i++) {
        const char *slash = memchr(data + i, '/', size - i);
        if (slash == NULL) {
            break;
        }
        i = (size_t)(slash - data);
        if (i > 0 && data[i - 1] != '\0') {
            continue;
        }
        size_t count = 0;
        size_t start = i;
        size_t n;
        for (; i < size && (n = constant(data + i, size - i)) != 0; i += n + 1) {
            count++;
        }
        if (count > best_count) {
            best = start;
            best_count = count;
        }
        /* Back to the NUL that a next constant would follow. */
        i -= count != 0;
    }
    for (size_t i = 0; i < best_count && i < DIRS_MAX; i++) {
        size_t n = strlen(data + best);
        add_dir(loader, data + best, n - 1);
        best += n + 1;
    }
}

/* The texts of `ld.so --version` and `ld.so --help`, which came with 2.33. */
static void find_release(const char *data, size_t size, struct ig_loader *loader)
{
    static const char words[] = " release version 2.";
    static const char option[] = "--glibc-hwcaps-prepend";
    const char *end = data + size;
    const char *at = memmem(data, size, words, sizeof words - 1);
    at = at != NULL ? at + sizeof words - 1 : end;
    for (unsigned i = 0; i < 3 && at < end && *at >= '0' && *at <= '9'; i++, at++) {
        loader->minor = loader->minor * 10 + (unsigned)(*at - '0');
    }
    loader->hwcaps = memmem(data, size, option, sizeof option - 1) != NULL;
}

static void default_dirs(const struct ig_image *image, struct ig_loader *loader)
{
    bool wide = image->e_class == ELFCLASS64;
    add_dir(loader, wide ? "/lib64" : "/lib", 6);
    add_dir(loader, wide ? "/usr/lib64" : "/usr/lib", 10);
    add_dir(loader, "/lib", 4);
    add_dir(loader, "/usr/lib", 8);
}

static int look_at(const struct ig_bytes *from, uint64_t offset, uint64_t size,
                   struct ig_loader *out, struct ig_error *e)
{
    size = size < LOADER_MAX ? size : LOADER_MAX;
    IG_AUTO_FREE char *data = ig_alloc((size_t)size + 1);
    ssize_t n = ig_bytes_read_at(from, data, (size_t)size, offset);
    if (n < 0) {
        return ig_error_set(e, errno, "cannot read the loader");
    }
    forget_dirs(out);
    find_dirs(data, (size_t)n, out);
    find_release(data, (size_t)n, out);
    return 0;
}

/* The last segment of constants alone, which is a fifth of the file; ld before 2.31 put them to the
 * code. */
static const struct ig_segment *constants_of(const struct ig_image *loader)
{
    const struct ig_segment *found = NULL;
    for (size_t i = 0; loader != NULL && i < loader->segment_count; i++) {
        const struct ig_segment *s = &loader->segments[i];
        found = s->type == PT_LOAD && s->flags == PF_R ? s : found;
    }
    return found;
}

static int find_constants(const struct ig_bytes *from, const struct ig_image *loader,
                          struct ig_loader *out, struct ig_error *e)
{
    const struct ig_segment *s = constants_of(loader);
    if (s != NULL && look_at(from, s->offset, s->filesz, out, e) != 0) {
        return -1;
    }
    bool all = s != NULL && out->system_dir_count > 0 && out->minor > 0 && out->hwcaps;
    if (all) {
        return 0;
    }
    out->minor = 0;
    return look_at(from, 0, from->size, out, e);
}

int ig_loader_parse(const struct ig_bytes *from, const struct ig_image *loader,
                    const struct ig_image *image, enum ig_loader_kind kind, struct ig_loader *out,
                    struct ig_error *e)
{
    *out = (struct ig_loader){.kind = kind};
    if (kind == IG_LOADER_GLIBC && find_constants(from, loader, out, e) != 0) {
        ig_loader_free(out);
        return -1;
    }
    if (from->size == 0) {
        /* There is no loader: guess a current one. */
        out->minor = UINT_MAX;
        out->hwcaps = true;
    }
    if (out->system_dir_count == 0) {
        default_dirs(image, out);
    }
    const char *first = out->system_dirs[0];
    out->lib = ig_strdup(strncmp(first, "/lib", 4) == 0      ? first + 1
                         : strncmp(first, "/usr/lib", 8) == 0 ? first + 5
                                                             : "lib");
    return 0;
}

void ig_loader_free(struct ig_loader *loader)
{
    forget_dirs(loader);
    free(loader->lib);
    *loader = (struct ig_loader){0};
}
