/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "core/mem.h"
#include "elf/gobuild.h"
#include "go_program.h"

#define MARK "\xff Go buildinf:"
#define START "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
#define END "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"

static struct go_program program;

static void add_mark(uint8_t pointer_size, uint8_t flags)
{
    uint8_t header[32] = MARK;
    header[14] = pointer_size;
    header[15] = flags;
    go_align(&program, 16);
    go_add(&program, header, sizeof header);
}

static void add_inline(const void *text, size_t size)
{
    uint8_t length[2] = {(uint8_t)(size & 0x7f) | 0x80, (uint8_t)(size >> 7)};
    go_add(&program, length, size < 128 ? 1 : 2);
    if (size < 128) {
        program.file[GO_DATA + program.used - 1] = (uint8_t)size;
    }
    go_add(&program, text, size);
}

static size_t framed(const char *lines, char out[1024])
{
    size_t n = strlen(lines);
    memcpy(out, START, 16);
    memcpy(out + 16, lines, n);
    memcpy(out + 16 + n, END, 16);
    return n + 32;
}

static struct ig_go_info parse(void)
{
    struct ig_image image;
    struct ig_go_info info;
    struct ig_error e = {0};
    struct ig_bytes bytes = go_finish(&program, &image);
    ck_assert_msg(ig_go_info_parse(&bytes, &image, IG_GO_ALL_DATA, &info, &e) == 0, "%s", e.text);
    ig_image_free(&image);
    return info;
}

static void fresh(void)
{
    memset(&program, 0, sizeof program);
}

static struct ig_go_info parse_lines(const char *lines)
{
    char text[1024];
    size_t n = framed(lines, text);
    fresh();
    add_mark(8, 2);
    add_inline("go1.25.3", 8);
    add_inline(text, n);
    return parse();
}

START_TEST(everything_is_told)
{
    struct ig_go_info i = parse_lines("path\ta/b\nmod\ta\tv1\th1:x=\ndep\tc\tv2\n=>\t./d\t\t\n"
                                      "dep\te\tv3\th1:y=\nbuild\tCGO_ENABLED=1\nbuild\tx=\n"
                                      "build\t\"a b\"=\"c \\\"d\\\" \\u00e9\\x41\\101\"\n"
                                      "build\tk=`raw \\n`\nlater\tword\nbuild\tx=2\n");
    ck_assert_int_eq(i.state, IG_GO_FOUND);
    ck_assert_str_eq(i.version, "go1.25.3");
    ck_assert_str_eq(i.path, "a/b");
    ck_assert(i.has_main && i.main.replace == NULL);
    ck_assert_str_eq(i.main.version, "v1");
    ck_assert_str_eq(i.main.sum, "h1:x=");
    ck_assert_uint_eq(i.dep_count, 2);
    ck_assert_str_eq(i.deps[0].replace->path, "./d");
    ck_assert_str_eq(i.deps[0].replace->version, "");
    ck_assert_ptr_null(i.deps[1].replace);
    ck_assert_str_eq(i.deps[1].sum, "h1:y=");
    ck_assert_uint_eq(i.setting_count, 5);
    ck_assert_str_eq(ig_go_setting(&i, "CGO_ENABLED"), "1");
    ck_assert_str_eq(ig_go_setting(&i, "a b"), "c \"d\" \xc3\xa9" "AA");
    ck_assert_str_eq(ig_go_setting(&i, "k"), "raw \\n");
    ck_assert_str_eq(ig_go_setting(&i, "x"), "");
    ck_assert_ptr_null(ig_go_setting(&i, "none"));
    ig_go_info_free(&i);
}
END_TEST

static const struct {
    const char *lines, *says;
} malformed[] = {
    {"mod\ta\n", "line 1 of its module text: a module has"},
    {"path\tx\nmod\ta\tb\tc\td\n", "line 2 of its module text: a module has"},
    {"dep\ta\n", "a module has"},
    {"=>\ta\tb\tc\n", "a replacement follows no module"},
    {"mod\ta\tb\n=>\ta\tb\n", "a module has"},
    {"mod\ta\tb\n=>\ta\tb\tc\n=>\ta\tb\tc\n", "a replacement follows no module"},
    {"build\t\n", "KEY=VALUE"},
    {"build\tx\n", "KEY=VALUE"},
    {"build\t=x\n", "KEY=VALUE"},
    {"build\ta b=c\n", "lacks its quotes"},
    {"build\ta=b c\n", "lacks its quotes"},
    {"build\ta=b\"\n", "lacks its quotes"},
    {"build\t\"a=b\n", "quoted key"},
    {"build\t\"a\"b=c\n", "quoted key"},
    {"build\ta=\"b\n", "quoted value"},
    {"build\ta=\"b\"c\n", "quoted value"},
    {"build\ta=\"\\q\"\n", "quoted value"},
    {"build\ta=\"\\x4\"\n", "quoted value"},
    {"build\ta=\"\\x00\"\n", "quoted value"},
    {"build\ta=\"\\400\"\n", "quoted value"},
    {"build\ta=\"\\ud800\"\n", "quoted value"},
    {"build\ta=\"\\U00110000\"\n", "quoted value"},
    {"build\ta=\"\\", "NONE"},
    {"build\ta=`b\n", "quoted value"},
};

START_TEST(malformed_lines_are_told)
{
    struct ig_go_info i = parse_lines(malformed[_i].lines);
    if (strcmp(malformed[_i].says, "NONE") == 0) {
        /* Its last line does not end: the frame is not Go's, so there is no module text. */
        ck_assert_int_eq(i.state, IG_GO_FOUND);
        ck_assert_uint_eq(i.setting_count, 0);
    } else {
        ck_assert_int_eq(i.state, IG_GO_MALFORMED);
        ck_assert_msg(strstr(i.fault, malformed[_i].says) != NULL, "%s", i.fault);
    }
    ig_go_info_free(&i);
}
END_TEST

static void expect(enum ig_go_state state, const char *says)
{
    struct ig_go_info i = parse();
    ck_assert_int_eq(i.state, state);
    ck_assert((i.fault != NULL) == (state == IG_GO_MALFORMED));
    if (i.fault != NULL) {
        ck_assert_msg(strstr(i.fault, says) != NULL, "%s", i.fault);
    }
    ig_go_info_free(&i);
}

START_TEST(the_mark_is_aligned_and_first)
{
    fresh();
    go_add(&program, "12345678" MARK, 22);
    expect(IG_GO_NONE, NULL);
    fresh();
    program.used = 70000;  /* in the second piece that is looked at */
    add_mark(8, 2);
    add_inline("go1.2", 5);
    add_inline("", 0);
    add_mark(8, 2);
    expect(IG_GO_FOUND, NULL);
}
END_TEST

START_TEST(a_mark_at_the_end_has_no_header)
{
    fresh();
    go_align(&program, 16);
    go_add(&program, MARK, 14);
    expect(IG_GO_NONE, NULL);
    fresh();
    add_mark(8, 2);
    expect(IG_GO_MALFORMED, "length");
}
END_TEST

START_TEST(lengths_are_checked)
{
    static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    fresh();
    add_mark(8, 2);
    go_add(&program, endless, sizeof endless);
    expect(IG_GO_MALFORMED, "length");
    fresh();
    add_mark(8, 2);
    go_add(&program, "\x09go1.2", 6);
    expect(IG_GO_MALFORMED, "outside");
    fresh();
    add_mark(8, 2);
    go_add(&program, "\x81\x20", 2);  /* 4097 */
    program.used += 5000;
    expect(IG_GO_MALFORMED, "longer");
    fresh();
    add_mark(8, 2);
    add_inline("", 0);
    add_inline("", 0);
    expect(IG_GO_MALFORMED, "no Go version");
    fresh();
    add_mark(8, 2);
    add_inline("go1\0.2", 6);
    add_inline("", 0);
    expect(IG_GO_MALFORMED, "NUL");
}
END_TEST

START_TEST(pointers_are_followed)
{
    char text[1024];
    fresh();
    uint64_t version = go_add(&program, "go1.17.1", 8);
    size_t n = framed("path\tx\n", text);
    uint64_t modules = go_add(&program, text, n);
    go_align(&program, 8);
    uint64_t strings = go_here(&program);
    go_word(&program, version);
    go_word(&program, 8);
    go_word(&program, modules);
    go_word(&program, n);
    add_mark(8, 0);
    program.used -= 16;
    go_word(&program, strings);
    go_word(&program, strings + 16);
    struct ig_go_info i = parse();
    ck_assert_int_eq(i.state, IG_GO_FOUND);
    ck_assert_str_eq(i.version, "go1.17.1");
    ck_assert_str_eq(i.path, "x");
    ig_go_info_free(&i);
    /* Without modules the second pointer is null. */
    program.used -= 8;
    go_word(&program, 0);
    i = parse();
    ck_assert_int_eq(i.state, IG_GO_FOUND);
    ck_assert_ptr_null(i.path);
    ig_go_info_free(&i);
    program.used -= 16;
    go_word(&program, 0x10);
    go_word(&program, 0x10);
    expect(IG_GO_MALFORMED, "leads outside");
    fresh();
    add_mark(5, 0);
    expect(IG_GO_MALFORMED, "pointer size");
}
END_TEST

START_TEST(truncated_at_every_byte)
{
    struct ig_image image;
    struct ig_go_info first = parse_lines("path\tx\nmod\ty\tz\n");
    ig_go_info_free(&first);
    struct ig_bytes whole = go_finish(&program, &image);
    ig_image_free(&image);
    size_t found = 0;
    for (uint64_t n = 0; n <= whole.size; n++) {
        struct ig_bytes bytes = ig_bytes_of_memory(whole.data, n);
        struct ig_go_info info;
        ck_assert_int_eq(ig_image_parse(&bytes, &image, NULL), 0);
        ck_assert_int_eq(ig_go_info_parse(&bytes, &image, IG_GO_ALL_DATA, &info, NULL), 0);
        found += info.state == IG_GO_FOUND;
        ig_go_info_free(&info);
        ig_image_free(&image);
    }
    ck_assert_uint_eq(found, 1);
}
END_TEST

START_TEST(a_read_error_is_no_answer)
{
    struct ig_image image;
    struct ig_go_info info;
    struct ig_error e = {0};
    fresh();
    add_mark(8, 2);
    struct ig_bytes bytes = go_finish(&program, &image);
    bytes.read = go_read_fails;
    ck_assert_int_eq(ig_go_info_parse(&bytes, &image, IG_GO_ALL_DATA, &info, &e), -1);
    ck_assert_int_eq(e.number, EIO);
    ck_assert_ptr_null(info.version);
    ig_image_free(&image);
}
END_TEST

START_TEST(others_have_none)
{
    static const char script[] = "#!/bin/sh\n";
    struct ig_bytes bytes = ig_bytes_of_memory(script, sizeof script - 1);
    struct ig_image image;
    struct ig_go_info info;
    ck_assert_int_eq(ig_image_parse(&bytes, &image, NULL), 0);
    ck_assert_int_eq(ig_go_info_parse(&bytes, &image, IG_GO_ALL_DATA, &info, NULL), 0);
    ck_assert_int_eq(info.state, IG_GO_NONE);
    ig_image_free(&image);
    fresh();
    expect(IG_GO_NONE, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gobuild");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, everything_is_told);
    tcase_add_loop_test(tc, malformed_lines_are_told, 0, IG_COUNT(malformed));
    tcase_add_test(tc, the_mark_is_aligned_and_first);
    tcase_add_test(tc, a_mark_at_the_end_has_no_header);
    tcase_add_test(tc, lengths_are_checked);
    tcase_add_test(tc, pointers_are_followed);
    tcase_add_test(tc, truncated_at_every_byte);
    tcase_add_test(tc, a_read_error_is_no_answer);
    tcase_add_test(tc, others_have_none);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
