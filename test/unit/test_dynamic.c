/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic sections, versions and symbols of made-up libraries; test/cli/oracle_dynamic.py reads
 * real ones. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/mem.h"
#include "elf/dynamic.h"
#include "so_build.h"

static const struct {
    uint8_t e_class, e_data;
} forms[] = {
    {ELFCLASS64, ELFDATA2LSB}, {ELFCLASS64, ELFDATA2MSB},
    {ELFCLASS32, ELFDATA2LSB}, {ELFCLASS32, ELFDATA2MSB},
};

static struct so *so;
static struct ig_image image;
static struct ig_arena memory;
static struct ig_dynamic dynamic;
static struct ig_buf file;
static struct timespec started;

static void begin(void)
{
    so = so_new(ELFCLASS64, ELFDATA2LSB);
    clock_gettime(CLOCK_MONOTONIC, &started);
}

static void end(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)(now.tv_sec - started.tv_sec) +
                     (double)(now.tv_nsec - started.tv_nsec) / 1e9;
    ck_assert_msg(seconds < 5, "took %.1f s", seconds);
    ig_arena_free(&memory);
    ig_image_free(&image);
    ig_buf_free(&file);
    so_free(so);
}

static struct ig_bytes bytes_of_file(void)
{
    return ig_bytes_of_memory(file.data, file.length);
}

static void parse(void)
{
    struct ig_error e = {0};
    file = so_finish(so);
    struct ig_bytes bytes = bytes_of_file();
    ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), 0);
    ck_assert_msg(ig_dynamic_parse(&bytes, &image, &memory, &dynamic, &e) == 0, "%s", e.text);
}

static void tag_strings(size_t more)
{
    so_tag(so, DT_STRTAB, so_strings_at(so, more + 1));
}

/* DT_VERNEED of one library with two versions (one weak), DT_VERDEF with a base and one version.
 * The first has 16 + 2 * 16 bytes. */
static void add_versions(void)
{
    uint64_t library = so_string(so, "libv.so");
    uint64_t names[] = {so_string(so, "V_1"), so_string(so, "V_2"), so_string(so, "libme.so"),
                        so_string(so, "ME_1")};
    const struct {
        uint64_t value;
        unsigned size;
    } words[] = {
        {1, 2}, {2, 2}, {library, 4}, {16, 4}, {0, 4},
        {0, 4}, {0, 2}, {2, 2}, {names[0], 4}, {16, 4},
        {0, 4}, {VER_FLG_WEAK, 2}, {3, 2}, {names[1], 4}, {0, 4},
        {1, 2}, {VER_FLG_BASE, 2}, {1, 2}, {1, 2}, {0, 4}, {20, 4}, {28, 4}, {names[2], 4}, {0, 4},
        {1, 2}, {0, 2}, {4, 2}, {1, 2}, {0, 4}, {20, 4}, {0, 4}, {names[3], 4}, {0, 4},
    };
    for (size_t i = 0; i < IG_COUNT(words); i++) {
        so_put(so, &so->rest, words[i].value, words[i].size);
    }
}

static void healthy(void)
{
    so_name(so, DT_NEEDED, "liba.so");
    so_name(so, DT_NEEDED, "libb.so");
    so_name(so, DT_SONAME, "libme.so");
    so_name(so, DT_RPATH, "/r");
    so_name(so, DT_RUNPATH, "$ORIGIN/x");
    so_tag(so, DT_FLAGS, DF_TEXTREL);
    so_tag(so, DT_FLAGS_1, DF_1_NOW | IG_DT_1_NODEFLIB);
    so_tag(so, DT_DEBUG, 0);
    add_versions();
    uint64_t strings = so_strings_at(so, 4);
    so_tag(so, DT_STRTAB, strings);
    so_tag(so, DT_VERNEED, strings + so->strings.length);
    so_tag(so, DT_VERDEF, strings + so->strings.length + 48);
    so_tag(so, DT_NULL, 0);
}

static void check_healthy(void)
{
    ck_assert(dynamic.present);
    ck_assert_msg(dynamic.fault == NULL, "%s", dynamic.fault);
    ck_assert_uint_eq(dynamic.needed_count, 2);
    ck_assert_str_eq(dynamic.needed[0], "liba.so");
    ck_assert_str_eq(dynamic.needed[1], "libb.so");
    ck_assert_str_eq(dynamic.soname, "libme.so");
    ck_assert_str_eq(dynamic.rpath, "/r");
    ck_assert_str_eq(dynamic.runpath, "$ORIGIN/x");
    ck_assert(dynamic.textrel && dynamic.bind_now && dynamic.debug && !dynamic.symbolic);
    ck_assert_uint_eq(dynamic.flags_1, DF_1_NOW | IG_DT_1_NODEFLIB);
    ck_assert_uint_eq(dynamic.version_need_count, 2);
    ck_assert_str_eq(dynamic.version_needs[0].file, "libv.so");
    ck_assert_str_eq(dynamic.version_needs[0].version, "V_1");
    ck_assert(!dynamic.version_needs[0].weak && dynamic.version_needs[1].weak);
    ck_assert_str_eq(dynamic.version_needs[1].version, "V_2");
    ck_assert(dynamic.has_verdef);
    ck_assert_uint_eq(dynamic.version_count, 1);
    ck_assert_str_eq(dynamic.versions[0].name, "ME_1");
}

START_TEST(each_class_and_byte_order)
{
    so->e_class = forms[_i].e_class;
    so->e_data = forms[_i].e_data;
    healthy();
    parse();
    check_healthy();
}
END_TEST

/* Every length: reading never fails, and what is whole is right. */
START_TEST(every_truncation)
{
    so->e_class = forms[_i].e_class;
    so->e_data = forms[_i].e_data;
    healthy();
    struct ig_buf whole = so_finish(so);
    for (size_t length = 0; length < whole.length; length++) {
        IG_AUTO_FREE char *copy = malloc(length != 0 ? length : 1);
        struct ig_error e = {0};
        memcpy(copy, whole.data, length);
        struct ig_bytes bytes = ig_bytes_of_memory(copy, length);
        ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), 0);
        ck_assert_int_eq(ig_dynamic_parse(&bytes, &image, &memory, &dynamic, &e), 0);
        ck_assert(!dynamic.present || dynamic.fault != NULL);
        ig_arena_free(&memory);
        ig_image_free(&image);
    }
    ig_buf_free(&whole);
}
END_TEST

START_TEST(without_an_end)
{
    so_name(so, DT_NEEDED, "liba.so");
    tag_strings(0);
    so->strings.length = 1;
    parse();
    ck_assert_ptr_nonnull(dynamic.fault);
}
END_TEST

START_TEST(string_without_an_end)
{
    so_name(so, DT_NEEDED, "liba.so");
    tag_strings(1);
    so_tag(so, DT_NULL, 0);
    so->strings.length--;
    parse();
    ck_assert_ptr_nonnull(strstr(dynamic.fault, "has no end"));
    ck_assert_uint_eq(dynamic.needed_count, 0);
}
END_TEST

START_TEST(string_outside)
{
    so_tag(so, DT_NEEDED, UINT64_MAX);
    so_tag(so, DT_SONAME, UINT32_MAX);
    tag_strings(1);
    so_tag(so, DT_NULL, 0);
    parse();
    ck_assert_ptr_nonnull(dynamic.fault);
    ck_assert_ptr_null(dynamic.soname);
}
END_TEST

START_TEST(string_table_outside)
{
    so_name(so, DT_NEEDED, "liba.so");
    so_tag(so, DT_STRTAB, UINT64_MAX - 1);
    so_tag(so, DT_NULL, 0);
    parse();
    ck_assert_ptr_nonnull(strstr(dynamic.fault, "string table"));
}
END_TEST

START_TEST(no_string_table)
{
    so_tag(so, DT_NEEDED, 1);
    so_tag(so, DT_NULL, 0);
    parse();
    ck_assert_ptr_nonnull(dynamic.fault);
}
END_TEST

START_TEST(no_dynamic_section)
{
    so_tag(so, DT_NULL, 0);
    struct ig_buf whole = so_finish(so);
    struct ig_error e = {0};
    whole.data[64 + 56] = PT_NULL;
    struct ig_bytes bytes = ig_bytes_of_memory(whole.data, whole.length);
    ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), 0);
    ck_assert_int_eq(ig_dynamic_parse(&bytes, &image, &memory, &dynamic, &e), 0);
    ck_assert(!dynamic.present);
    ig_buf_free(&whole);
}
END_TEST

START_TEST(ten_thousand_needs)
{
    char name[32];
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "lib%u.so", i);
        so_name(so, DT_NEEDED, name);
    }
    tag_strings(1);
    so_tag(so, DT_NULL, 0);
    parse();
    ck_assert_msg(dynamic.fault == NULL, "%s", dynamic.fault);
    ck_assert_uint_eq(dynamic.needed_count, 10000);
    ck_assert_str_eq(dynamic.needed[9999], "lib9999.so");
}
END_TEST

/* Sixty thousand times the same four thousand bytes: not all are kept. */
START_TEST(long_names_repeated)
{
    char *name = malloc(4001);
    memset(name, 'a', 4000);
    name[4000] = '\0';
    uint64_t at = so_string(so, name);
    for (unsigned i = 0; i < 60000; i++) {
        so_tag(so, DT_NEEDED, at);
    }
    tag_strings(1);
    so_tag(so, DT_NULL, 0);
    free(name);
    parse();
    ck_assert_ptr_nonnull(dynamic.fault);
    ck_assert_uint_lt(memory.used, 16 << 20);
}
END_TEST

/* Each word of a version table pointed at the table itself, or far away. */
START_TEST(version_tables_that_point_at_themselves)
{
    static const uint32_t values[] = {0, 1, 2, 4, 8, 16, 32, 0x7fffffff, 0xffffffff};
    healthy();
    struct ig_buf whole = so_finish(so);
    size_t tables = whole.length - so->rest.length;
    for (size_t at = tables; at + 4 <= whole.length; at += 2) {
        uint32_t value = values[_i];
        char kept[4];
        struct ig_error e = {0};
        memcpy(kept, whole.data + at, 4);
        memcpy(whole.data + at, &value, 4);
        struct ig_bytes bytes = ig_bytes_of_memory(whole.data, whole.length);
        ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), 0);
        ck_assert_int_eq(ig_dynamic_parse(&bytes, &image, &memory, &dynamic, &e), 0);
        ck_assert_uint_le(dynamic.version_need_count, 65536);
        ig_arena_free(&memory);
        ig_image_free(&image);
        memcpy(whole.data + at, kept, 4);
    }
    ig_buf_free(&whole);
}
END_TEST

/* A megabyte of needed versions, one after the other. */
START_TEST(endless_versions)
{
    uint64_t name = so_string(so, "V");
    so_put(so, &so->rest, 1, 2);
    so_put(so, &so->rest, 1, 2);
    so_put(so, &so->rest, name, 4);
    so_put(so, &so->rest, 16, 4);
    so_put(so, &so->rest, 0, 4);
    for (unsigned i = 0; i < 80000; i++) {
        so_put(so, &so->rest, 0, 8);
        so_put(so, &so->rest, name, 4);
        so_put(so, &so->rest, 16, 4);
    }
    uint64_t strings = so_strings_at(so, 3);
    so_tag(so, DT_STRTAB, strings);
    so_tag(so, DT_VERNEED, strings + so->strings.length);
    so_tag(so, DT_NULL, 0);
    parse();
    ck_assert_ptr_nonnull(strstr(dynamic.fault, "DT_VERNEED"));
    ck_assert_uint_le(dynamic.version_need_count, 65536);
}
END_TEST

/* Symbols: the first is none, then a needed and a defined one. */
static void add_symbols(void)
{
    const struct {
        uint64_t name;
        unsigned bind, shndx;
    } symbols[] = {
        {0, 0, 0}, {so_string(so, "needed"), STB_GLOBAL, 0},
        {so_string(so, "defined"), STB_WEAK, 7}, {so_string(so, "local"), STB_LOCAL, 7},
    };
    for (size_t i = 0; i < IG_COUNT(symbols); i++) {
        so_put(so, &so->rest, symbols[i].name, 4);
        if (so_word(so) == 4) {
            so_put(so, &so->rest, 0, 8);
        }
        so_put(so, &so->rest, symbols[i].bind << 4, 1);
        so_put(so, &so->rest, 0, 1);
        so_put(so, &so->rest, symbols[i].shndx, 2);
        if (so_word(so) == 8) {
            so_put(so, &so->rest, 0, 8);
            so_put(so, &so->rest, 0, 8);
        }
    }
}

static struct ig_symbols symbols_of(char **fault)
{
    struct ig_symbols symbols;
    struct ig_error e = {0};
    struct ig_bytes bytes = bytes_of_file();
    ck_assert_int_eq(ig_symbols_parse(&bytes, &image, &dynamic, &symbols, fault, &e), 0);
    return symbols;
}

/* The hash table of WORDS 32-bit words stands behind the symbols. */
static void finish_symbols(uint64_t hash_tag, const uint32_t *words, size_t count)
{
    add_symbols();
    uint64_t strings = so_strings_at(so, 4);
    uint64_t symtab = strings + so->strings.length;
    so_tag(so, DT_STRTAB, strings);
    so_tag(so, DT_SYMTAB, symtab);
    so_tag(so, hash_tag, symtab + so->rest.length);
    so_tag(so, DT_NULL, 0);
    for (size_t i = 0; i < count; i++) {
        so_put(so, &so->rest, words[i], 4);
    }
    parse();
}

static void check_symbols(void)
{
    char *fault = NULL;
    struct ig_symbols symbols = symbols_of(&fault);
    ck_assert_msg(fault == NULL, "%s", fault);
    ck_assert_uint_eq(symbols.count, 2);
    ck_assert_str_eq(symbols.list[0].name, "needed");
    ck_assert(!symbols.list[0].defined && !symbols.list[0].weak);
    ck_assert_str_eq(symbols.list[1].name, "defined");
    ck_assert(symbols.list[1].defined && symbols.list[1].weak);
    ck_assert_ptr_null(symbols.list[1].version);
    ig_symbols_free(&symbols);
}

START_TEST(symbols_by_hash)
{
    static const uint32_t words[] = {1, 4, 0, 0, 0, 0, 0};
    so->e_class = forms[_i].e_class;
    so->e_data = forms[_i].e_data;
    finish_symbols(DT_HASH, words, IG_COUNT(words));
    check_symbols();
}
END_TEST

START_TEST(symbols_by_gnu_hash)
{
    /* One bucket, hashed from symbol 2 on, one word of filter. */
    static const uint32_t narrow[] = {1, 2, 1, 0, 0, 2, 8, 9};
    static const uint32_t wide[] = {1, 2, 1, 0, 0, 0, 2, 8, 9};
    so->e_class = forms[_i].e_class;
    so->e_data = forms[_i].e_data;
    if (so_word(so) == 8) {
        finish_symbols(DT_GNU_HASH, wide, IG_COUNT(wide));
    } else {
        finish_symbols(DT_GNU_HASH, narrow, IG_COUNT(narrow));
    }
    check_symbols();
}
END_TEST

START_TEST(symbols_where_nothing_is_hashed)
{
    static const uint32_t words[] = {1, 1, 1, 0, 0, 0, 0};
    finish_symbols(DT_GNU_HASH, words, IG_COUNT(words));
    check_symbols();
}
END_TEST

static const struct {
    uint64_t tag;
    uint32_t words[9];
} hostile_hashes[] = {
    {DT_HASH, {1, UINT32_MAX}},
    {DT_HASH, {UINT32_MAX, 1 << 18}},
    {DT_GNU_HASH, {UINT32_MAX, 0, 0, 0}},
    {DT_GNU_HASH, {1, 1, UINT32_MAX, 0}},
    {DT_GNU_HASH, {1, 0, 0, 0, 2, 8, 8, 8, 8}},        /* a chain without an end */
    {DT_GNU_HASH, {1, 1, 0, 0, UINT32_MAX, 1}},        /* a bucket beyond all symbols */
    {DT_GNU_HASH, {1, UINT32_MAX, 0, 0, 0, 1}},
};

START_TEST(hostile_hash_tables)
{
    char *fault = NULL;
    finish_symbols(hostile_hashes[_i].tag, hostile_hashes[_i].words, 9);
    struct ig_symbols symbols = symbols_of(&fault);
    ck_assert_uint_le(symbols.count, 1 << 18);
    ck_assert_ptr_nonnull(fault);
    free(fault);
    ig_symbols_free(&symbols);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dynamic");
    TCase *t = tcase_create("rows");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_loop_test(t, each_class_and_byte_order, 0, (int)IG_COUNT(forms));
    tcase_add_loop_test(t, every_truncation, 0, (int)IG_COUNT(forms));
    tcase_add_test(t, without_an_end);
    tcase_add_test(t, string_without_an_end);
    tcase_add_test(t, string_outside);
    tcase_add_test(t, string_table_outside);
    tcase_add_test(t, no_string_table);
    tcase_add_test(t, no_dynamic_section);
    tcase_add_test(t, ten_thousand_needs);
    tcase_add_test(t, long_names_repeated);
    tcase_add_loop_test(t, version_tables_that_point_at_themselves, 0, 9);
    tcase_add_test(t, endless_versions);
    tcase_add_loop_test(t, symbols_by_hash, 0, (int)IG_COUNT(forms));
    tcase_add_loop_test(t, symbols_by_gnu_hash, 0, (int)IG_COUNT(forms));
    tcase_add_test(t, symbols_where_nothing_is_hashed);
    tcase_add_loop_test(t, hostile_hash_tables, 0, (int)IG_COUNT(hostile_hashes));
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
