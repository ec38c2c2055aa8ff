/* SPDX-License-Identifier: Apache-2.0 */
/* What formats do with many items, with notes and with texts that would break them; what real readers
 * make of the rest is test/cli/formats.py's. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "report/format.h"

static bool one_rule(size_t n, struct ig_rule *rule)
{
    *rule = (struct ig_rule){"volume.tree", "it is as promised", "Means.", "Matters.", "Mend."};
    return n == 0;
}

static const struct ig_format_options options = {.exit_code = 1, .version = "1", .rule = one_rule};

static struct ig_report *report_with_items(size_t count)
{
    struct ig_report *report = ig_alloc(sizeof *report);
    report->results = ig_alloc_array(1, sizeof *report->results);
    report->count = 1;
    struct ig_result *r = &report->results[0];
    r->check = "volume.tree";
    r->subject = ig_strdup("/data");
    r->path = ig_strdup("/data");
    ig_result_set(r, IG_STATUS_FAIL, "It differs.");
    for (size_t i = 0; i < count; i++) {
        ig_result_item(r, "changed", i == 0 ? "a'\n\xff<" : "b/c", i == 0 ? "mode 0600" : NULL);
    }
    return report;
}

static char *write_as(const char *format, const struct ig_report *report)
{
    struct ig_buf out = {0};
    ig_formatter_find(format)->write(report, &options, &out);
    return ig_buf_steal(&out);
}

static size_t occurrences(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text++) {
        n++;
    }
    return n;
}

static const struct {
    const char *format;
    const char *first;  /* the item a'\n\xff< as the format writes it */
    const char *other;  /* how each of the others starts */
    const char *more;   /* what is said of one item too many; NULL where all are shown */
} shown[] = {
    {"json", "\"kind\": \"changed\",\n          \"path\": \"a'\\\\n\\\\xff<\",\n"
             "          \"detail\": \"mode 0600\"", "\"path\": \"b/c\"", NULL},
    {"junit", "\nchanged a'\\n\\xff&#60;\n    mode 0600", "\nchanged b/c", "\nand 1 more<"},
    {"tap", "    - kind: 'changed'\n      path: 'a''\\n\\xff<'\n      detail: 'mode 0600'\n",
     "path: 'b/c'\n", "  more_items: 1\n"},
    {"sarif", "\"uri\": \"data/a%27%0A%FF%3C\"", "\"uri\": \"data/b/c\"", "\"itemCount\": 1001\n"},
};

START_TEST(items_are_shown_up_to_a_limit)
{
    struct ig_report *report = report_with_items(IG_ITEMS_SHOWN + 1);
    char *text = write_as(shown[_i].format, report);
    bool all = shown[_i].more == NULL;
    ck_assert_msg(strstr(text, shown[_i].first) != NULL, "%.2000s", text);
    ck_assert_uint_eq(occurrences(text, shown[_i].other), IG_ITEMS_SHOWN - !all);
    ck_assert(all || strstr(text, shown[_i].more) != NULL);
    free(text);
    ig_report_free(report);
}
END_TEST

START_TEST(nothing_is_said_of_more_items_where_there_are_none)
{
    struct ig_report *report = report_with_items(2);
    char *junit = write_as("junit", report);
    char *tap = write_as("tap", report);
    ck_assert_ptr_null(strstr(junit, "more"));
    ck_assert_ptr_null(strstr(tap, "more_items"));
    free(junit);
    free(tap);
    ig_report_free(report);
}
END_TEST

START_TEST(notes_are_in_every_format)
{
    for (size_t i = 0; i < IG_FORMAT_COUNT; i++) {
        struct ig_report *report = report_with_items(0);
        ig_report_note(report, "A note\n::x.");
        char *text = write_as(ig_formatters[i].name, report);
        ck_assert_msg(strstr(text, "A note\\n::x.") != NULL || strstr(text, "A note\\\\n::x.") != NULL,
                      "%s: %s", ig_formatters[i].name, text);
        free(text);
        ig_report_free(report);
    }
}
END_TEST

START_TEST(a_name_makes_no_link_in_sarif)
{
    struct ig_report *report = report_with_items(0);
    ig_result_set(&report->results[0], IG_STATUS_FAIL, "It is [a](http://b).");
    char *text = write_as("sarif", report);
    ck_assert_ptr_nonnull(strstr(text, "It is [a]\\\\(http://b)."));
    free(text);
    ig_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formats");
    TCase *tc = tcase_create("formats");
    tcase_add_loop_test(tc, items_are_shown_up_to_a_limit, 0, (int)IG_COUNT(shown));
    tcase_add_test(tc, nothing_is_said_of_more_items_where_there_are_none);
    tcase_add_test(tc, notes_are_in_every_format);
    tcase_add_test(tc, a_name_makes_no_link_in_sarif);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
