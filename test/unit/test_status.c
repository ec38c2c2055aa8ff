/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "corpus.h"
#include "kernel/commit.h"
#include "kernel/status.h"

static const struct {
    const char *pod;
    uint32_t pid, uid, gid;
    size_t group_count;
    uint32_t groups[3];
    uint64_t effective, bounding;
    int seccomp, no_new_privs;
} pods[] = {
    {"default", 8, 0, 0, 1, {0}, 0xa80425fb, 0xa80425fb, 0, 0},
    {"fsgroup", 8, 1001, 1001, 3, {1001, 2000, 3000}, 0, 0xa80425fb, 0, 0},
    {"hostpid", 16924, 0, 0, 1, {0}, 0xa80425fb, 0xa80425fb, 0, 0},
    {"privileged", 9, 0, 0, 1, {0}, 0x1fffeffffff, 0x1fffeffffff, 0, 0},
    {"restricted", 8, 65532, 65532, 1, {65532}, 0, 0, 2, 1},
    {"sharedpid", 14, 0, 0, 1, {0}, 0xa80425fb, 0xa80425fb, 0, 0},
    {"sysadmin", 9, 0, 0, 1, {0}, 0xa82c25fb, 0xa82c25fb, 0, 0},
};

START_TEST(corpus_is_understood)
{
    char *text = corpus_section(pods[_i].pod, "/proc/self/status");
    struct ig_status s;
    struct ig_error e = {0};
    ck_assert_msg(ig_status_parse(text, strlen(text), &s, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(s.pid, pods[_i].pid);
    ck_assert_uint_eq(s.cred.uid, pods[_i].uid);
    ck_assert_uint_eq(s.cred.gid, pods[_i].gid);
    ck_assert_uint_eq(s.cred.group_count, pods[_i].group_count);
    for (size_t i = 0; i < s.cred.group_count; i++) {
        ck_assert_uint_eq(s.cred.groups[i], pods[_i].groups[i]);
    }
    ck_assert_uint_eq(s.cap_effective, pods[_i].effective);
    ck_assert_uint_eq(s.cred.caps, pods[_i].bounding);
    ck_assert_int_eq(s.seccomp, pods[_i].seccomp);
    ck_assert_int_eq(s.no_new_privs, pods[_i].no_new_privs);
    ig_status_free(&s);
    free(text);
}
END_TEST

#define PID "Pid:\t7\n"
#define UID "Uid:\t1\t2\t3\t4\n"
#define GID "Gid:\t5\t6\t7\t8\n"
#define EFF "CapEff:\t00000000000000ff\n"
#define BND "CapBnd:\tffffffffffffffff\n"

START_TEST(effective_ids_count)
{
    static const char text[] = "Name:\tx\\nUid: 9\n" PID UID GID "Groups:\t\n" EFF BND;
    struct ig_status s;
    struct ig_error e = {0};
    ck_assert_msg(ig_status_parse(text, sizeof text - 1, &s, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(s.cred.uid, 2);
    ck_assert_uint_eq(s.cred.gid, 6);
    ck_assert_uint_eq(s.cred.group_count, 0);
    ck_assert_uint_eq(s.cap_effective, 0xff);
    ck_assert_uint_eq(s.cred.caps, UINT64_MAX);
    /* An old kernel shows neither. */
    ck_assert_int_eq(s.seccomp, -1);
    ck_assert_int_eq(s.no_new_privs, -1);
    ig_status_free(&s);
}
END_TEST

static const struct {
    const char *text, *says;
} malformed[] = {
    {"", "no line \"Pid\""},
    {UID GID EFF BND, "no line \"Pid\""},
    {PID GID EFF BND, "no line \"Uid\""},
    {PID UID EFF BND, "no line \"Gid\""},
    {PID UID GID BND, "no line \"CapEff\""},
    {PID UID GID EFF, "no line \"CapBnd\""},
    {"Pid:\t\n" UID GID EFF BND, "\"Pid\""},
    {"Pid:\t-1\n" UID GID EFF BND, "\"Pid\""},
    {"Pid:\t1x\n" UID GID EFF BND, "\"Pid\""},
    {"Pid:\t1 2\n" UID GID EFF BND, "\"Pid\""},
    {"Pid:\t4294967296\n" UID GID EFF BND, "\"Pid\""},
    {"Pid 7\n" UID GID EFF BND, "\"Pid\""},
    {PID "Uid:\t1\t2\t3\n" GID EFF BND, "\"Uid\""},
    {PID "Uid:\t1\t2\t3\t4\t5\n" GID EFF BND, "\"Uid\""},
    {PID "Uid:\t1\t4294967296\t3\t4\n" GID EFF BND, "\"Uid\""},
    {PID "Uid:\t1\tx\t3\t4\n" GID EFF BND, "\"Uid\""},
    {PID UID "Gid:\t1\n" EFF BND, "\"Gid\""},
    {PID UID GID "CapEff:\t0x1\n" BND, "\"CapEff\""},
    {PID UID GID "CapEff:\t10000000000000000\n" BND, "\"CapEff\""},
    {PID UID GID EFF "CapBnd:\tg\n", "\"CapBnd\""},
    {PID UID GID EFF BND PID, "\"Pid\""},
    {PID UID GID EFF BND "Groups:\t1 x\n", "\"Groups\""},
    {PID UID GID EFF BND "Groups:\t1 2\nGroups:\t3\n", "\"Groups\""},
    {PID UID GID EFF BND "Seccomp:\t3\n", "\"Seccomp\""},
    {PID UID GID EFF BND "Seccomp:\t\n", "\"Seccomp\""},
    {PID UID GID EFF BND "NoNewPrivs:\t2\n", "\"NoNewPrivs\""},
};

START_TEST(malformed_status_is_refused)
{
    struct ig_status s = {.pid = 77};
    struct ig_error e = {0};
    const char *text = malformed[_i].text;
    ck_assert_msg(ig_status_parse(text, strlen(text), &s, &e) == -1, "accepted: %s", text);
    ck_assert_msg(strstr(e.text, malformed[_i].says) != NULL, "\"%s\" lacks \"%s\"", e.text,
                  malformed[_i].says);
    ck_assert_uint_eq(s.pid, 77);
}
END_TEST

START_TEST(truncated_at_every_byte)
{
    char *text = corpus_section("fsgroup", "/proc/self/status");
    size_t length = strlen(text);
    size_t needed = (size_t)(strstr(text, "CapBnd:\t") - text) + strlen("CapBnd:\t") + 1;
    for (size_t n = 0; n < length; n++) {
        struct ig_status s;
        char *part = malloc(n != 0 ? n : 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, text, n);
        int result = ig_status_parse(part, n, &s, NULL);
        if (n < needed) {
            ck_assert_int_eq(result, -1);
        }
        if (result == 0) {
            ig_status_free(&s);
        }
        free(part);
    }
    free(text);
}
END_TEST

static const struct {
    const char *text;
    int result;
    bool identity;
} idmaps[] = {
    {"         0          0 4294967295\n", 0, true},
    {"0 0 4294967295", 0, true},
    {"         0     100000      65536\n", 0, false},
    {"0 0 4294967294\n", 0, false},
    {"0 1 4294967295\n", 0, false},
    {"0 0 1000\n1000 1000 4294966295\n", 0, false},
    {"0 1000 1\n1 100000 65536\n", 0, false},
    {"", -1, false},
    {"\n", -1, false},
    {"0 0\n", -1, false},
    {"0 0 4294967296\n", -1, false},
    {"0 0 4294967295 1\n", -1, false},
    {"0 0 -1\n", -1, false},
    {"0 0 4294967295\nx\n", -1, false},
};

START_TEST(idmaps_are_told)
{
    bool identity = !idmaps[_i].identity;
    bool before = identity;
    int result = ig_idmap_parse(idmaps[_i].text, strlen(idmaps[_i].text), &identity, NULL);
    ck_assert_int_eq(result, idmaps[_i].result);
    ck_assert(identity == (result == 0 ? idmaps[_i].identity : before));
}
END_TEST

START_TEST(corpus_idmaps_are_identity)
{
    char *text = corpus_section(corpus_pods[_i], "/proc/self/uid_map");
    bool identity = false;
    ck_assert_int_eq(ig_idmap_parse(text, strlen(text), &identity, NULL), 0);
    ck_assert(identity);
    free(text);
}
END_TEST

static const struct {
    const char *text;
    unsigned cpus;
} cpu_max[] = {
    {"max 100000\n", 0},      {"150000 100000\n", 2}, {"100000 100000\n", 1},
    {"1 100000\n", 1},        {"100001 100000", 2},   {"200000 100000\n", 2},
    {"0 100000\n", 0},        {"100000 0\n", 0},      {"100000\n", 0},
    {"", 0},                  {"\n", 0},              {"x 100000\n", 0},
    {"100000 x\n", 0},        {"-1 100000\n", 0},     {"100000 100000 1\n", 0},
    {"max\n", 0},             {"18446744073709551615 1\n", UINT32_MAX},
    {"18446744073709551616 1\n", 0},
};

START_TEST(cpu_max_is_read)
{
    ck_assert_uint_eq(ig_cpu_max_parse(cpu_max[_i].text, strlen(cpu_max[_i].text)),
                      cpu_max[_i].cpus);
}
END_TEST

static const struct {
    const char *quota, *period;
    unsigned cpus;
} cpu_quota[] = {
    {"-1\n", "100000\n", 0},    {"150000\n", "100000\n", 2}, {"50000", "100000", 1},
    {"100000\n", "0\n", 0},     {"", "100000\n", 0},         {"100000\n", "", 0},
    {"1 2\n", "100000\n", 0},   {"x\n", "100000\n", 0},      {"400000\n", "100000\n", 4},
};

START_TEST(cpu_quota_is_read)
{
    ck_assert_uint_eq(ig_cpu_quota_parse(cpu_quota[_i].quota, cpu_quota[_i].period),
                      cpu_quota[_i].cpus);
}
END_TEST

static const struct {
    const char *overcommit, *meminfo;
    uint64_t limit;
} commits[] = {
    {"0\n", NULL, 5000},
    {"0\n", "MemTotal: 1 kB\nCommitLimit: 3 kB\n", 5000},
    {"1\n", "MemTotal: 1 kB\nCommitLimit: 3 kB\n", IG_COMMIT_NO_LIMIT},
    {"2\n", "MemTotal: 1 kB\nCommitLimit:    3 kB\nx: 2\n", 3072},
    {"2\n", "MemTotal: 1 kB\n", IG_COMMIT_NO_LIMIT},
    {"2\n", "MemTotal: 1 kB\nCommitLimit: x kB\n", IG_COMMIT_NO_LIMIT},
    {"2\n", "MemTotal: 1 kB\nCommitLimit: 99999999999999999999 kB\n", IG_COMMIT_NO_LIMIT},
    {"2\n", NULL, IG_COMMIT_NO_LIMIT},
    {"", NULL, IG_COMMIT_NO_LIMIT},
    {"x", NULL, IG_COMMIT_NO_LIMIT},
    {NULL, NULL, IG_COMMIT_NO_LIMIT},
};

START_TEST(commit_limits_are_known)
{
    ck_assert_uint_eq(ig_commit_limit(commits[_i].overcommit, 5000, commits[_i].meminfo),
                      commits[_i].limit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tc = tcase_create("all");
    tcase_add_loop_test(tc, corpus_is_understood, 0, IG_COUNT(pods));
    tcase_add_test(tc, effective_ids_count);
    tcase_add_loop_test(tc, malformed_status_is_refused, 0, IG_COUNT(malformed));
    tcase_add_test(tc, truncated_at_every_byte);
    tcase_add_loop_test(tc, idmaps_are_told, 0, IG_COUNT(idmaps));
    tcase_add_loop_test(tc, corpus_idmaps_are_identity, 0, CORPUS_PODS);
    tcase_add_loop_test(tc, cpu_max_is_read, 0, IG_COUNT(cpu_max));
    tcase_add_loop_test(tc, cpu_quota_is_read, 0, IG_COUNT(cpu_quota));
    tcase_add_loop_test(tc, commit_limits_are_known, 0, IG_COUNT(commits));
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
