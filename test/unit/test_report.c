/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict, exit code, termination message, and that no text can forge a line. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "report/format.h"

static struct ig_report *report_of(const enum ig_outcome *outcomes, size_t count)
{
    struct ig_report *report = ig_alloc(sizeof *report);
    report->results = ig_alloc_array(count, sizeof *report->results);
    report->count = count;
    for (size_t i = 0; i < count; i++) {
        struct ig_result *r = &report->results[i];
        r->check = "binary.sha256";
        r->subject = ig_strdup("/app");
        ig_result_set(r, outcomes[i], "Sentence.");
        ig_result_fix(r, "Do it.");
    }
    return report;
}

static const struct {
    enum ig_outcome outcomes[3];
    size_t count;
    int code;
    const char *verdict;
    const char *first_line;
} runs[] = {
    {{IG_STATUS_PASS}, 1, 0, "pass", "pass: 1 check passed"},
    {{IG_STATUS_PASS, IG_STATUS_PASS, IG_STATUS_SKIP}, 3, 0, "pass",
     "pass: 2 checks passed, 1 skipped: binary.sha256 (/app)"},
    {{IG_STATUS_PASS, IG_STATUS_WARN}, 2, 0, "pass",
     "pass: 1 check passed, 1 warning: binary.sha256 (/app)"},
    {{IG_STATUS_FAIL, IG_STATUS_PASS}, 2, 1, "fail",
     "fail: 1 of 2 checks failed: binary.sha256 (/app)"},
    /* 1 wins over 3 */
    {{IG_STATUS_ERROR, IG_STATUS_FAIL, IG_STATUS_PASS}, 3, 1, "fail",
     "fail: 1 of 3 checks failed: binary.sha256 (/app)"},
    {{IG_STATUS_ERROR, IG_STATUS_PASS}, 2, 3, "error",
     "error: 1 of 2 checks could not be evaluated: binary.sha256 (/app)"},
    {{IG_STATUS_SKIP}, 1, 2, "error",
     "error: no check passed or failed: the policy asks for nothing that was evaluated"},
    {{IG_STATUS_WARN, IG_STATUS_SKIP}, 2, 2, "error",
     "error: no check passed or failed: the policy asks for nothing that was evaluated"},
    {{IG_STATUS_ERROR}, 0, 2, "error",
     "error: no check passed or failed: the policy asks for nothing that was evaluated"},
};

START_TEST(verdicts)
{
    struct ig_report *report = report_of(runs[_i].outcomes, runs[_i].count);
    struct ig_buf line = {0};
    ck_assert_int_eq(ig_report_exit_code(report), runs[_i].code);
    ck_assert_str_eq(ig_report_verdict(report), runs[_i].verdict);
    ig_format_verdict(report, &line);
    ck_assert_str_eq(ig_buf_text(&line), runs[_i].first_line);
    ig_buf_free(&line);
    ig_report_free(report);
}
END_TEST

START_TEST(an_unfilled_result_is_an_error)
{
    struct ig_result r = {0};
    ck_assert_int_eq(r.status, IG_STATUS_ERROR);
}
END_TEST

START_TEST(termination_message_is_cut_between_lines)
{
    enum { MANY = 200 };
    enum ig_outcome outcomes[MANY];
    struct ig_buf out = {0};
    for (size_t i = 0; i < MANY; i++) {
        outcomes[i] = IG_STATUS_FAIL;
    }
    struct ig_report *report = report_of(outcomes, MANY);
    ig_format_termination(report, &out);
    ck_assert_uint_le(out.length, IG_TERMINATION_MAX);
    ck_assert_uint_gt(out.length, IG_TERMINATION_MAX / 2);
    ck_assert_int_eq(out.data[out.length - 1], '\n');
    const char *first = "initgate: fail: 200 of 200 checks failed: binary.sha256 (/app), "
                        "binary.sha256 (/app), binary.sha256 (/app), ...\n"
                        "fail binary.sha256 /app: Sentence. To do: Do it.\n";
    ck_assert_int_eq(strncmp(out.data, first, strlen(first)), 0);
    size_t lines = 0;
    for (size_t i = 0; i < out.length; i++) {
        lines += out.data[i] == '\n';
    }
    char last[128];
    snprintf(last, sizeof last, "\nand %zu more: see the log of this container\n",
             (size_t)MANY - (lines - 2));
    ck_assert_str_eq(out.data + out.length - strlen(last), last);
    ig_buf_free(&out);
    ig_report_free(report);
}
END_TEST

START_TEST(a_hostile_name_does_not_push_the_others_out)
{
    const enum ig_outcome outcomes[] = {IG_STATUS_FAIL, IG_STATUS_FAIL};
    struct ig_report *report = report_of(outcomes, 2);
    struct ig_buf out = {0};
    char *name = ig_alloc(8000);
    memset(name, 'x', 7999);
    free(report->results[0].subject);
    report->results[0].subject = ig_strdup(name);
    ig_result_set(&report->results[0], IG_STATUS_FAIL, "%s", name);
    ig_format_termination(report, &out);
    ck_assert_uint_le(out.length, IG_TERMINATION_MAX);
    ck_assert_ptr_nonnull(strstr(out.data, "\nfail binary.sha256 /app: Sentence."));
    free(name);
    ig_buf_free(&out);
    ig_report_free(report);
}
END_TEST

START_TEST(failures_come_before_errors_and_warnings)
{
    const enum ig_outcome outcomes[] = {IG_STATUS_WARN, IG_STATUS_ERROR, IG_STATUS_FAIL};
    struct ig_report *report = report_of(outcomes, 3);
    struct ig_buf out = {0};
    ig_format_termination(report, &out);
    const char *fail = strstr(out.data, "\nfail ");
    const char *error = strstr(out.data, "\nerror ");
    const char *warn = strstr(out.data, "\nwarn ");
    ck_assert_ptr_nonnull(fail);
    ck_assert(fail < error && error < warn);
    ig_buf_free(&out);
    ig_report_free(report);
}
END_TEST

START_TEST(no_text_forges_a_line)
{
    static const char hostile[] = "/a\nfail binary.sha256 /b: forged\r\x1b[2J\xc2\x9b\xe2\x80\xae\xff";
    const enum ig_outcome outcomes[] = {IG_STATUS_FAIL};
    const struct ig_format_options options = {0};
    struct ig_report *report = report_of(outcomes, 1);
    struct ig_buf out = {0};
    ig_result_set(&report->results[0], IG_STATUS_FAIL, "It is %s.", hostile);
    ck_assert_str_eq(report->results[0].message,
                     "It is /a\\nfail binary.sha256 /b: forged\\r\\x1b[2J\\xc2\\x9b"
                     "\\xe2\\x80\\xae\\xff.");
    ig_format_termination(report, &out);
    ig_format_text(report, &options, &out);
    ck_assert_ptr_null(strstr(out.data, "\nfail binary.sha256 /b"));
    ck_assert_ptr_null(strchr(out.data, '\x1b'));
    ig_buf_free(&out);
    ig_report_free(report);
}
END_TEST

START_TEST(quiet_says_nothing_of_a_pass)
{
    const enum ig_outcome outcomes[] = {IG_STATUS_PASS};
    const struct ig_format_options options = {.quiet = true};
    struct ig_report *report = report_of(outcomes, 1);
    struct ig_buf out = {0};
    ig_format_text(report, &options, &out);
    ck_assert_uint_eq(out.length, 0);
    ig_report_free(report);
}
END_TEST

#define ROWS(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");
    tcase_add_loop_test(tc, verdicts, 0, ROWS(runs));
    tcase_add_test(tc, an_unfilled_result_is_an_error);
    tcase_add_test(tc, termination_message_is_cut_between_lines);
    tcase_add_test(tc, a_hostile_name_does_not_push_the_others_out);
    tcase_add_test(tc, failures_come_before_errors_and_warnings);
    tcase_add_test(tc, no_text_forges_a_line);
    tcase_add_test(tc, quiet_says_nothing_of_a_pass);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
