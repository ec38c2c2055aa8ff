/* SPDX-License-Identifier: Apache-2.0 */
/* The cases are those of Go's src/internal/gover/gover_test.go and what FromToolchain() adds. */
#include <check.h>

#include "core/mem.h"
#include "elf/gobuild.h"

static const struct {
    const char *a, *b;
    int order;
} comparisons[] = {
    {"", "", 0},
    {"x", "x", 0},
    {"", "x", 0},
    {"1", "1.1", -1},
    {"1.5", "1.6", -1},
    {"1.5", "1.10", -1},
    {"1.6", "1.6.1", -1},
    {"1.19", "1.19.0", 0},
    {"1.20", "1.20.0", 0},
    {"1.19rc1", "1.19", -1},
    {"1.20", "1.21", -1},
    {"1.20rc1", "1.21", -1},
    {"1.21", "1.21rc1", -1},
    {"1.21", "1.21.0", -1},
    {"1.21rc1", "1.21.0", -1},
    {"1.21rc1", "1.21.1", -1},
    {"1.21alpha1", "1.21beta1", -1},
    {"1.21beta1", "1.21rc1", -1},
    {"1.21rc2", "1.21rc10", -1},
    {"1.21.1rc1", "1.21.1", -1},
    {"1.21.1rc1", "1.21.0", 1},
    {"1.99999999998", "1.99999999999", -1},
    {"1.2", "1.18446744073709551617", -1},
    {"x", "1.2", -1},
    {"1.25rc", "1.25rc1", -1},
    /* With "go", and with what a toolchain adds. */
    {"go1.25.3", "1.25.3", 0},
    {"go1.25.3 X:nocoverageredesign", "go1.25.3", 0},
    {"go1.25.3-corp", "go1.25.3", 0},
    {"go1.25.3-corp", "go1.25.4", -1},
    {"go1.25.3\tx", "1.25.3", 0},
    {"devel go1.26-0123abcd Thu Jan 1", "1.26", 0},
    {"devel go1.26-0123abcd Thu Jan 1", "1.26rc1", -1},
    {"devel go1.26-0123abcd Thu Jan 1", "1.25.9", 1},
    {"go1.26-devel_0123abcd", "1.26", 0},
    {"devel +0123abcd Thu Jan 1", "1.2", -1},
};

START_TEST(versions_are_ordered)
{
    const char *a = comparisons[_i].a;
    const char *b = comparisons[_i].b;
    ck_assert_msg(ig_go_version_compare(a, b) == comparisons[_i].order, "%s and %s: %d", a, b,
                  ig_go_version_compare(a, b));
    ck_assert_msg(ig_go_version_compare(b, a) == -comparisons[_i].order, "%s and %s: %d", b, a,
                  ig_go_version_compare(b, a));
}
END_TEST

static const struct {
    const char *text;
    bool valid;
} versions[] = {
    {"1", true},          {"1.2", true},      {"1.2rc3", true},     {"1.2.3", true},
    {"1.999testmod", true}, {"1.2.3rc1", true}, {"1.21beta", true},   {"go1.25", true},
    {"1.600", true},      {"devel go1.26-x", true},                 {"1.25.3-corp X:y", true},
    {"", false},          {"go", false},      {"1.", false},        {"1.2.", false},
    {"01.2", false},      {"1.02", false},    {"1.2.03", false},    {"1.2rc03", false},
    {"1.2rc1x", false},   {"1.2RC1", false},  {"1.2.3.4", false},   {"v1.2.3", false},
    {"1,2", false},       {" 1.2", false},    {"latest", false},    {"-1", false},
    {"1.2_3", false},     {"gogo1.2", false}, {"devel", false},     {"1x", false},
};

START_TEST(validity_is_told)
{
    ck_assert_msg(ig_go_version_valid(versions[_i].text) == versions[_i].valid, "%s",
                  versions[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gover");
    TCase *tc = tcase_create("all");
    tcase_add_loop_test(tc, versions_are_ordered, 0, IG_COUNT(comparisons));
    tcase_add_loop_test(tc, validity_is_told, 0, IG_COUNT(versions));
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
