/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "checks/go_embeds.h"
#include "core/mem.h"
#include "crypto/digest.h"
#include "go_program.h"

static struct go_program program;

struct file {
    const char *name, *data;
};

enum digest { PLAIN, COMPLEMENT, FLIPPED, PREFIXED, UNKNOWN };

static ssize_t read_text(const void *source, void *buf, size_t size, uint64_t offset)
{
    memcpy(buf, (const char *)source + offset, size);
    return (ssize_t)size;
}

static void add_digest(const char *data, enum digest form)
{
    struct ig_sha256 sum;
    struct ig_sha256_part part = {.read = read_text, .source = data, .size = strlen(data),
                                  .prefix = "\1", .prefix_size = form == PREFIXED};
    ck_assert_int_eq(ig_sha256_part(&part, &sum, NULL), 0);
    sum.bytes[0] ^= form == FLIPPED;
    for (size_t i = 0; i < 16; i++) {
        sum.bytes[i] ^= form == COMPLEMENT ? 0xff : form == UNKNOWN ? 0x55 : 0;
    }
    go_add(&program, sum.bytes, 16);
}

/* One embed.FS as Go's compiler lays it out; returns where its list begins. */
static uint64_t add_list(const struct file *files, size_t count, enum digest form)
{
    uint64_t names[16];
    uint64_t datas[16];
    for (size_t i = 0; i < count; i++) {
        names[i] = go_add(&program, files[i].name, strlen(files[i].name));
        datas[i] = files[i].data == NULL ? 0
                                         : go_add(&program, files[i].data, strlen(files[i].data));
    }
    go_align(&program, 8);
    uint64_t at = go_here(&program);
    go_word(&program, at + 24);
    go_word(&program, count);
    go_word(&program, count);
    for (size_t i = 0; i < count; i++) {
        go_word(&program, names[i]);
        go_word(&program, strlen(files[i].name));
        go_word(&program, datas[i]);
        go_word(&program, files[i].data != NULL ? strlen(files[i].data) : 0);
        if (files[i].data == NULL) {
            go_add(&program, (uint8_t[16]){0}, 16);
        } else {
            add_digest(files[i].data, form);
        }
    }
    return at;
}

static int find(struct ig_go_embeds *embeds, struct ig_error *e)
{
    struct ig_image image;
    struct ig_bytes bytes = go_finish(&program, &image);
    int result = ig_go_embeds(&bytes, &image, NULL, embeds, e);
    ig_image_free(&image);
    return result;
}

static void fresh(void)
{
    memset(&program, 0, sizeof program);
    go_add(&program, "other data", 10);
}

static void expect_count(size_t variables, size_t files)
{
    struct ig_go_embeds embeds;
    struct ig_error e = {0};
    ck_assert_msg(find(&embeds, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(embeds.variables, variables);
    ck_assert_uint_eq(embeds.count, files);
    ig_go_embeds_free(&embeds);
}

static const struct file tree[] = {
    {"static/", NULL}, {"static/a", "one"}, {"static/b/", NULL}, {"static/b/c", ""},
};

START_TEST(every_form_of_digest_is_known)
{
    struct ig_go_embeds embeds;
    struct ig_error e = {0};
    struct ig_sha256 sum;
    struct ig_sha256_part part = {.read = read_text, .source = "one", .size = 3};
    fresh();
    add_list(tree, IG_COUNT(tree), (enum digest)_i);
    ck_assert_msg(find(&embeds, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(embeds.variables, 1);
    ck_assert_uint_eq(embeds.count, 4);
    ck_assert_str_eq(embeds.files[0].name, "static");
    ck_assert(embeds.files[0].directory && embeds.files[2].directory);
    ck_assert_str_eq(embeds.files[1].name, "static/a");
    ck_assert_uint_eq(embeds.files[1].size, 3);
    ck_assert_mem_eq(program.file + embeds.files[1].offset, "one", 3);
    ck_assert_uint_eq(embeds.files[3].size, 0);
    /* Whatever was recorded, what is told is SHA-256. */
    ck_assert_int_eq(ig_sha256_part(&part, &sum, NULL), 0);
    ck_assert_mem_eq(embeds.files[1].sum, sum.bytes, 16);
    ig_go_embeds_free(&embeds);
}
END_TEST

START_TEST(several_lists_are_found)
{
    static const struct file one[] = {{"x", "y"}};
    fresh();
    add_list(tree, IG_COUNT(tree), PLAIN);
    add_list(one, 1, PLAIN);
    program.used = 100000;
    add_list(tree, IG_COUNT(tree), PLAIN);
    expect_count(3, 9);
}
END_TEST

START_TEST(a_changed_file_is_told)
{
    struct ig_go_embeds embeds;
    struct ig_error e = {0};
    static const struct file two[] = {{"a", "one"}, {"b", "two"}};
    fresh();
    add_list(two, 2, PLAIN);
    uint8_t *data = memmem(program.file, sizeof program.file, "two", 3);
    ck_assert_ptr_nonnull(data);
    data[1] ^= 1;
    ck_assert_int_eq(find(&embeds, &e), -1);
    ck_assert_int_eq(e.number, 0);
    ck_assert_ptr_nonnull(strstr(e.text, "the embedded file b has not the digest"));
    ck_assert_ptr_null(embeds.files);
}
END_TEST

/* Each is no list of embedded files, and no error either. */
static const struct file no_lists[][2] = {
    {{"b", "x"}, {"a", "x"}},
    {{"a", "x"}, {"a", "x"}},
    {{"a/", NULL}, {"b/", NULL}},
    {{"/a", "x"}, {"b", "x"}},
    {{"a//b", "x"}, {"b", "x"}},
    {{"./a", "x"}, {"b", "x"}},
    {{"../a", "x"}, {"b", "x"}},
    {{"a/..", "x"}, {"b", "x"}},
    {{"a//", NULL}, {"b", "x"}},
    {{"\xff", "x"}, {"b", "x"}},
    {{"", "x"}, {"b", "x"}},
    {{"/", NULL}, {"b", "x"}},
    {{"a", NULL}, {"a/b", NULL}},
};

START_TEST(others_are_no_lists)
{
    static const struct file real[] = {{"real", "x"}};
    fresh();
    add_list(no_lists[_i], 2, UNKNOWN);
    if (_i != 12) {
        expect_count(0, 0);
    } else {
        /* A file with no data and no digest might be an empty one: the name is right. */
        expect_count(1, 2);
    }
    add_list(real, 1, PLAIN);
    expect_count(_i != 12 ? 1 : 2, _i != 12 ? 1 : 3);
}
END_TEST

static void put_word(uint64_t address, uint64_t value)
{
    memcpy(program.file + GO_DATA + (address - go_address), &value, sizeof value);
}

static const struct {
    unsigned at;
    uint64_t value;
} damages[] = {
    {0, 0x500000},           {8, 5},           {8, 0},         {16, 3},
    {24, 0x10},              {24, UINT64_MAX}, {32, 4097},     {32, UINT64_MAX},
    {40, 0x500000},          {48, 1},          {88, 0x10},     {96, 1 << 30},
    {96, UINT64_MAX},
};

START_TEST(damaged_lists_are_none)
{
    fresh();
    uint64_t at = add_list(tree, IG_COUNT(tree), PLAIN);
    expect_count(1, 4);
    put_word(at + damages[_i].at, damages[_i].value);
    expect_count(0, 0);
}
END_TEST

/* Headers that each claim all that follows: looking at each list must stay cheap. */
START_TEST(overlapping_headers_end_soon)
{
    struct ig_go_embeds embeds;
    struct ig_error e = {0};
    memset(&program, 0, sizeof program);
    while (program.used + 64 < GO_SIZE - GO_DATA) {
        uint64_t left = (GO_SIZE - GO_DATA - program.used) / 48;
        go_word(&program, go_here(&program) + 24);
        go_word(&program, left);
        go_word(&program, left);
    }
    ck_assert_int_eq(find(&embeds, &e), 0);
    ck_assert_uint_eq(embeds.count, 0);
}
END_TEST

START_TEST(truncated_at_every_eighth_byte)
{
    struct ig_image image;
    fresh();
    add_list(tree, IG_COUNT(tree), COMPLEMENT);
    struct ig_bytes whole = go_finish(&program, &image);
    ig_image_free(&image);
    for (uint64_t n = 0; n <= whole.size; n += 8) {
        struct ig_bytes bytes = ig_bytes_of_memory(whole.data, n);
        struct ig_go_embeds embeds;
        ck_assert_int_eq(ig_image_parse(&bytes, &image, NULL), 0);
        ck_assert_int_eq(ig_go_embeds(&bytes, &image, NULL, &embeds, NULL), 0);
        ck_assert_uint_eq(embeds.count, n == whole.size ? 4 : 0);
        ig_go_embeds_free(&embeds);
        ig_image_free(&image);
    }
}
END_TEST

START_TEST(a_read_error_is_no_answer)
{
    struct ig_image image;
    struct ig_go_embeds embeds;
    struct ig_error e = {0};
    fresh();
    struct ig_bytes bytes = go_finish(&program, &image);
    bytes.read = go_read_fails;
    ck_assert_int_eq(ig_go_embeds(&bytes, &image, NULL, &embeds, &e), -1);
    ck_assert_int_eq(e.number, EIO);
    ig_image_free(&image);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("goembed");
    TCase *tc = tcase_create("all");
    tcase_add_loop_test(tc, every_form_of_digest_is_known, PLAIN, UNKNOWN + 1);
    tcase_add_test(tc, several_lists_are_found);
    tcase_add_test(tc, a_changed_file_is_told);
    tcase_add_loop_test(tc, others_are_no_lists, 0, IG_COUNT(no_lists));
    tcase_add_loop_test(tc, damaged_lists_are_none, 0, IG_COUNT(damages));
    tcase_add_test(tc, overlapping_headers_end_soon);
    tcase_add_test(tc, truncated_at_every_eighth_byte);
    tcase_add_test(tc, a_read_error_is_no_answer);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
