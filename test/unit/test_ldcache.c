/* SPDX-License-Identifier: Apache-2.0 */
/* ld.so.cache in each of its formats, made by hand; test/cli/loader_rules.py reads ldconfig's
 * own. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/ldcache.h"

enum { X86_64 = 0x0303, I386 = 0x0003 };

struct entry {
    uint32_t flags;
    const char *name, *path;
    uint64_t hwcap;
};

#define EXTENSION(index) (UINT64_C(1) << 62 | (index))
#define LEVEL(n) ((uint64_t)((n) - 1) << 32)

static bool swapped;
static struct ig_ldcache cache;

static void put(struct ig_buf *out, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        char c = (char)(value >> 8 * (swapped ? size - 1 - i : i));
        ig_buf_add(out, &c, 1);
    }
}

static uint32_t add_string(struct ig_buf *strings, const char *text)
{
    size_t at = strings->length;
    ig_buf_add(strings, text, strlen(text) + 1);
    return (uint32_t)at;
}

/* A new cache whose hwcaps are v3 and v2; offsets of the extension count from FILE_AT before it. */
static void add_new(struct ig_buf *out, const struct entry *entries, size_t count, size_t file_at)
{
    struct ig_buf strings = {0};
    struct ig_buf list = {0};
    size_t strings_at = 48 + count * 24;
    for (size_t i = 0; i < count; i++) {
        put(&list, entries[i].flags, 4);
        put(&list, strings_at + add_string(&strings, entries[i].name), 4);
        put(&list, strings_at + add_string(&strings, entries[i].path), 4);
        put(&list, 0, 4);
        put(&list, entries[i].hwcap, 8);
    }
    uint32_t v2 = add_string(&strings, "x86-64-v2");
    uint32_t v3 = add_string(&strings, "x86-64-v3");
    while (strings.length % 4 != 0) {
        ig_buf_add(&strings, "", 1);
    }
    size_t extension = file_at + strings_at + strings.length;
    ig_buf_adds(out, "glibc-ld.so.cache1.1");
    put(out, count, 4);
    put(out, strings.length, 4);
    put(out, swapped ? 3 : 2, 1);
    put(out, 0, 3);
    put(out, extension, 4);
    put(out, 0, 8);
    put(out, 0, 4);
    if (list.length > 0) {
        ig_buf_add(out, list.data, list.length);
    }
    ig_buf_add(out, strings.data, strings.length);
    put(out, 0xeaa42174, 4);
    put(out, 1, 4);
    put(out, 1, 4);
    put(out, 0, 4);
    put(out, extension + 24, 4);
    put(out, 8, 4);
    put(out, file_at + strings_at + v2, 4);
    put(out, file_at + strings_at + v3, 4);
    ig_buf_free(&strings);
    ig_buf_free(&list);
}

static void add_old(struct ig_buf *out, const struct entry *entries, size_t count)
{
    struct ig_buf strings = {0};
    ig_buf_add(out, "ld.so-1.7.0", 12);
    put(out, count, 4);
    for (size_t i = 0; i < count; i++) {
        put(out, entries[i].flags, 4);
        put(out, add_string(&strings, entries[i].name), 4);
        put(out, add_string(&strings, entries[i].path), 4);
    }
    if (strings.length > 0) {
        ig_buf_add(out, strings.data, strings.length);
    }
    ig_buf_free(&strings);
}

static int parse(struct ig_buf *file)
{
    struct ig_error e = {0};
    size_t length = file->length;
    /* Exactly as large as it is, its NUL counted, so that ASan sees a read beyond. */
    char *data = malloc(length + 1);
    if (length > 0) {
        memcpy(data, file->data, length);
    }
    data[length] = '\0';
    ig_buf_free(file);
    return ig_ldcache_parse(data, length, &cache, &e);
}

static const char *find(const char *name, unsigned level)
{
    static const char *const hwcaps[] = {"x86-64-v4", "x86-64-v3", "x86-64-v2", NULL};
    struct ig_ldcache_cpu cpu = {.hwcaps = hwcaps + (4 - level), .level = level};
    return ig_ldcache_find(&cache, name, X86_64, &cpu);
}

static void ck_found(const char *name, unsigned level, const char *path)
{
    const char *found = find(name, level);
    ck_assert_msg((found == NULL) == (path == NULL) &&
                      (path == NULL || strcmp(found, path) == 0),
                  "%s: %s, expected %s", name, found, path);
}

static const struct entry entries[] = {
    {X86_64, "libz.so.1", "/lib/libz.so.1", 0},
    {I386, "liba.so", "/lib32/liba.so", 0},
    {X86_64, "liba.so", "/v2/liba.so", EXTENSION(0)},
    {X86_64, "liba.so", "/v3/liba.so", EXTENSION(1)},
    {X86_64, "liba.so", "/lib/liba.so", 0},
    {X86_64, "liba.so", "/second/liba.so", 0},
    {X86_64, "libl.so", "/v2/libl.so", EXTENSION(0) | LEVEL(3)},
    {X86_64, "libl.so", "/lib/libl.so", 0},
    {X86_64, "libu.so", "/unknown/libu.so", EXTENSION(9)},
    {X86_64, "libold.so", "/tls/libold.so", UINT64_C(1) << 63},
    {X86_64, "libold.so", "/lib/libold.so", 0},
    {0x0a03, "libarm.so", "/lib/libarm.so", 0},
};

static void end(void)
{
    ig_ldcache_free(&cache);
    swapped = false;
}

static void check_entries(bool hwcaps)
{
    ck_found("libz.so.1", 1, "/lib/libz.so.1");
    ck_found("libz.so", 1, NULL);
    ck_found("libz.so.10", 1, NULL);
    ck_found("", 1, NULL);
    ck_found("liba.so", 1, hwcaps ? "/lib/liba.so" : "/v2/liba.so");
    ck_found("libarm.so", 4, NULL);
    if (hwcaps) {
        ck_found("liba.so", 2, "/v2/liba.so");
        ck_found("liba.so", 3, "/v3/liba.so");
        ck_found("liba.so", 4, "/v3/liba.so");
        ck_found("libl.so", 2, "/lib/libl.so");
        ck_found("libl.so", 3, "/v2/libl.so");
        ck_found("libu.so", 4, NULL);
        ck_found("libold.so", 4, "/lib/libold.so");
    }
}

START_TEST(new_format)
{
    struct ig_buf file = {0};
    swapped = _i != 0;
    add_new(&file, entries, IG_COUNT(entries), 0);
    ck_assert_int_eq(parse(&file), 0);
    check_entries(true);
}
END_TEST

START_TEST(old_format)
{
    struct ig_buf file = {0};
    swapped = _i != 0;
    add_old(&file, entries, IG_COUNT(entries));
    ck_assert_int_eq(parse(&file), 0);
    check_entries(false);
}
END_TEST

/* Of a file that has both the new one alone is read. */
START_TEST(both_formats)
{
    static const struct entry other = {X86_64, "libz.so.1", "/old/libz.so.1", 0};
    struct ig_buf file = {0};
    ig_buf_add(&file, "ld.so-1.7.0", 12);
    put(&file, 1, 4);
    put(&file, other.flags, 4);
    put(&file, 0, 8);
    while (file.length % 8 != 0) {
        ig_buf_add(&file, "", 1);
    }
    add_new(&file, entries, IG_COUNT(entries), file.length);
    ck_assert_int_eq(parse(&file), 0);
    check_entries(true);
}
END_TEST

START_TEST(features_of_old_releases)
{
    struct ig_buf file = {0};
    static const char *const none[] = {NULL};
    struct ig_ldcache_cpu cpu = {.hwcaps = none, .level = 1, .features = UINT64_C(1) << 63};
    add_new(&file, entries, IG_COUNT(entries), 0);
    ck_assert_int_eq(parse(&file), 0);
    ck_assert_str_eq(ig_ldcache_find(&cache, "libold.so", X86_64, &cpu), "/tls/libold.so");
    ck_assert_str_eq(ig_ldcache_find(&cache, "libarm.so", 0, &cpu), "/lib/libarm.so");
}
END_TEST

START_TEST(every_truncation)
{
    struct ig_buf whole = {0};
    swapped = (_i & 1) != 0;
    if ((_i & 2) != 0) {
        add_old(&whole, entries, IG_COUNT(entries));
    } else {
        add_new(&whole, entries, IG_COUNT(entries), 0);
    }
    for (size_t length = 0; length < whole.length; length++) {
        struct ig_buf file = {0};
        ig_buf_add(&file, whole.data, length);
        if (parse(&file) == 0) {
            find("liba.so", 4);
            find("libarm.so", 1);
        }
        ig_ldcache_free(&cache);
    }
    ig_buf_free(&whole);
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
} garbage[] = {
    {"", 0},
    {"ld.so-1.7.0", 11},
    {"ld.so-1.7.0\0\xff\xff\xff\xff", 16},
    {"glibc-ld.so.cache1.1", 20},
    {"glibc-ld.so.cache1.2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 48},
    {"glibc-ld.so.cache1.1\xff\xff\xff\xff\0\0\0\0\2\0\0\0\xff\xff\xff\xff"
     "\0\0\0\0\0\0\0\0\0\0\0\0", 48},
    {"\x7f" "ELF", 4},
};

START_TEST(what_is_no_cache)
{
    struct ig_buf file = {0};
    ig_buf_add(&file, garbage[_i].bytes, garbage[_i].length);
    ck_assert_int_eq(parse(&file), -1);
    ck_assert_uint_eq(cache.count, 0);
}
END_TEST

/* As many entries as fit, all with the same long name, each starting one byte further on. */
START_TEST(overlapping_strings)
{
    enum { COUNT = 100000 };
    struct ig_buf file = {0};
    size_t strings_at = 48 + (size_t)COUNT * 24;
    ig_buf_adds(&file, "glibc-ld.so.cache1.1");
    put(&file, COUNT, 4);
    put(&file, 0, 4);
    put(&file, 2, 1);
    put(&file, 0, 8);
    put(&file, 0, 8);
    put(&file, 0, 3);
    for (size_t i = 0; i < COUNT; i++) {
        put(&file, X86_64, 4);
        put(&file, strings_at + (_i != 0 ? 0 : i), 4);
        put(&file, strings_at + (_i != 0 ? 0 : i), 4);
        put(&file, 0, 4);
        put(&file, 0, 8);
    }
    for (size_t i = 0; i < (_i != 0 ? 100 : COUNT); i++) {
        ig_buf_add(&file, "a", 1);
    }
    ck_assert_int_eq(parse(&file), 0);
    ck_assert_uint_le(cache.count, 256);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ldcache");
    TCase *t = tcase_create("rows");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, NULL, end);
    tcase_add_loop_test(t, new_format, 0, 2);
    tcase_add_loop_test(t, old_format, 0, 2);
    tcase_add_test(t, both_formats);
    tcase_add_test(t, features_of_old_releases);
    tcase_add_loop_test(t, every_truncation, 0, 4);
    tcase_add_loop_test(t, what_is_no_cache, 0, (int)IG_COUNT(garbage));
    tcase_add_loop_test(t, overlapping_strings, 0, 2);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
