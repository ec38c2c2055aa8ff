/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "corpus.h"
#include "kernel/mountinfo.h"

static void parse(const char *text, struct ig_mounts *mounts)
{
    struct ig_error e = {0};
    ck_assert_msg(ig_mounts_parse(text, strlen(text), mounts, &e) == 0, "%s", e.text);
}

static char *pod_mounts(const char *pod, struct ig_mounts *mounts)
{
    char *text = corpus_section(pod, "/proc/self/mountinfo");
    parse(text, mounts);
    return text;
}

START_TEST(corpus_is_understood)
{
    struct ig_mounts mounts;
    char *text = pod_mounts(corpus_pods[_i], &mounts);
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    ck_assert_uint_eq(mounts.count, lines);
    ck_assert_uint_gt(mounts.count, 15);
    const struct ig_mount *root = ig_mounts_on(&mounts, "/");
    ck_assert_ptr_nonnull(root);
    ck_assert_str_eq(root->fstype, "overlay");
    const struct ig_mount *proc = ig_mounts_on(&mounts, "/proc");
    ck_assert_ptr_nonnull(proc);
    ck_assert_str_eq(proc->fstype, "proc");
    ck_assert_str_eq(proc->root, "/");
    ck_assert_uint_eq(proc->parent, root->id);
    ck_assert_ptr_eq(ig_mounts_by_id(&mounts, proc->id), proc);
    ck_assert_ptr_eq(ig_mounts_of(&mounts, "/"), root);
    ck_assert_ptr_eq(ig_mounts_of(&mounts, "/process"), root);
    ck_assert_ptr_eq(ig_mounts_of(&mounts, "/proc/self/status"), proc);
    ck_assert_ptr_eq(ig_mounts_of(&mounts, "/proc"), proc);
    for (size_t i = 0; i < mounts.count; i++) {
        ck_assert(!mounts.list[i].stale);
        ck_assert(ig_options_have(mounts.list[i].options, "rw") !=
                  ig_options_have(mounts.list[i].options, "ro"));
    }
    ig_mounts_free(&mounts);
    free(text);
}
END_TEST

START_TEST(restricted_root_is_read_only)
{
    struct ig_mounts mounts;
    char *text = pod_mounts("restricted", &mounts);
    ck_assert(ig_options_have(ig_mounts_on(&mounts, "/")->options, "ro"));
    ig_mounts_free(&mounts);
    free(text);
}
END_TEST

START_TEST(fields_are_read)
{
    struct ig_mounts mounts;
    parse("36 35 98:4294967295 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root "
          "rw,errors=continue\n"
          "37 36 0:1 net:[4026531840] /run/ns rw - nsfs nsfs rw\n",
          &mounts);
    ck_assert_uint_eq(mounts.count, 2);
    const struct ig_mount *m = &mounts.list[0];
    ck_assert_uint_eq(m->id, 36);
    ck_assert_uint_eq(m->parent, 35);
    ck_assert_uint_eq(m->major, 98);
    ck_assert_uint_eq(m->minor, UINT32_MAX);
    ck_assert_str_eq(m->root, "/mnt1");
    ck_assert_str_eq(m->point, "/mnt2");
    ck_assert_str_eq(m->options, "rw,noatime");
    ck_assert_str_eq(m->fstype, "ext3");
    ck_assert_str_eq(m->source, "/dev/root");
    ck_assert_str_eq(m->super_options, "rw,errors=continue");
    ck_assert_str_eq(mounts.list[1].root, "net:[4026531840]");
    ig_mounts_free(&mounts);
}
END_TEST

START_TEST(no_lines_are_no_mounts)
{
    struct ig_mounts mounts;
    parse("", &mounts);
    ck_assert_uint_eq(mounts.count, 0);
    ck_assert_ptr_null(ig_mounts_on(&mounts, "/"));
    ck_assert_ptr_null(ig_mounts_by_id(&mounts, 0));
    ck_assert_ptr_null(ig_mounts_of(&mounts, "/a/b"));
    ig_mounts_free(&mounts);
}
END_TEST

START_TEST(escapes_are_undone)
{
    struct ig_mounts mounts;
    parse("1 2 0:1 /a\\040b\\134040 /tab\\011nl\\012/\\377 rw - tmpfs a\\040b rw,x=a\\054b\n",
          &mounts);
    ck_assert_str_eq(mounts.list[0].root, "/a b\\040");
    ck_assert_str_eq(mounts.list[0].point, "/tab\tnl\n/\xff");
    /* Not in options: an escaped comma would become one that separates. */
    ck_assert_str_eq(mounts.list[0].super_options, "rw,x=a\\054b");
    ck_assert_str_eq(mounts.list[0].source, "a\\040b");
    ig_mounts_free(&mounts);
}
END_TEST

START_TEST(deleted_source_is_stale)
{
    struct ig_mounts mounts;
    parse("1 2 0:1 /vol/a//deleted /data rw - ext4 /dev/vda rw\n"
          "2 2 0:1 //deleted /data2 rw - ext4 /dev/vda rw\n"
          "3 2 0:1 /vol/deleted /data3 rw - ext4 /dev/vda rw\n",
          &mounts);
    ck_assert(mounts.list[0].stale);
    ck_assert_str_eq(mounts.list[0].root, "/vol/a");
    ck_assert(mounts.list[1].stale);
    ck_assert(!mounts.list[2].stale);
    ck_assert_str_eq(mounts.list[2].root, "/vol/deleted");
    ig_mounts_free(&mounts);
}
END_TEST

START_TEST(empty_source_is_an_empty_field)
{
    struct ig_mounts mounts;
    parse("1 2 0:1 / /x rw - tmpfs  rw,size=1k\n", &mounts);
    ck_assert_str_eq(mounts.list[0].source, "");
    ck_assert_str_eq(mounts.list[0].super_options, "rw,size=1k");
    ig_mounts_free(&mounts);
}
END_TEST

static const struct {
    const char *text;
    unsigned line;
} malformed[] = {
    {"\n", 1},
    {"1\n", 1},
    {"1 2\n", 1},
    {"1 2 0:1\n", 1},
    {"1 2 0:1 /\n", 1},
    {"1 2 0:1 / /x\n", 1},
    {"1 2 0:1 / /x rw\n", 1},
    {"1 2 0:1 / /x rw -\n", 1},
    {"1 2 0:1 / /x rw - tmpfs\n", 1},
    {"1 2 0:1 / /x rw - tmpfs tmpfs\n", 1},
    {"1 2 0:1 / /x rw - tmpfs tmpfs \n", 1},
    {"1 2 0:1 / /x rw tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 / /x  - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1  /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 /  rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 / x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 / /x rw -  tmpfs rw\n", 1},
    {" 2 0:1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"x 2 0:1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"-1 2 0:1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1x 2 0:1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"18446744073709551616 2 0:1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 99999999999999999999 0:1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0: / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 :1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0-1 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1x / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:4294967296 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 4294967296:0 / /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 /\\ /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 /\\04 /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 /\\049 /x rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 / /\\000 rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 / /\\400 rw - tmpfs tmpfs rw\n", 1},
    {"1 2 0:1 / /x rw - tmpfs tmpfs rw", 1},
    {"1 2 0:1 / /x rw - tmpfs tmpfs rw\n2 1 0:1 / /y rw - tmpfs tmpfs\n", 2},
    {"1 2 0:1 / /x rw - tmpfs tmpfs rw\n\n", 2},
    {"1 2 0:1 / /x rw - tmpfs tmpfs rw\n2 1 0:1 / /y rw - tmpfs t r", 2},
};

START_TEST(malformed_line_is_refused)
{
    struct ig_mounts mounts = {.count = 77};
    struct ig_error e = {0};
    char line[32];
    snprintf(line, sizeof line, "line %u ", malformed[_i].line);
    int result = ig_mounts_parse(malformed[_i].text, strlen(malformed[_i].text), &mounts, &e);
    ck_assert_msg(result == -1, "accepted: %s", malformed[_i].text);
    ck_assert_msg(strstr(e.text, line) != NULL, "\"%s\" lacks \"%s\"", e.text, line);
    ck_assert_uint_eq(mounts.count, 77);
}
END_TEST

START_TEST(nul_byte_is_refused)
{
    static const char text[] = "1 2 0:1 / /x\0y rw - tmpfs tmpfs rw\n";
    struct ig_mounts mounts;
    ck_assert_int_eq(ig_mounts_parse(text, sizeof text - 1, &mounts, NULL), -1);
}
END_TEST

/* Each length in a block of exactly that size, for the sanitizer's sake. */
START_TEST(truncated_at_every_byte)
{
    char *text = corpus_section("default", "/proc/self/mountinfo");
    size_t length = strlen(text);
    size_t accepted = 0;
    size_t lines = 0;
    for (size_t n = 0; n < length; n++) {
        struct ig_mounts mounts;
        char *part = malloc(n != 0 ? n : 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, text, n);
        bool whole_lines = n == 0 || part[n - 1] == '\n';
        int result = ig_mounts_parse(part, n, &mounts, NULL);
        ck_assert_int_eq(result, whole_lines ? 0 : -1);
        if (result == 0) {
            ck_assert_uint_eq(mounts.count, lines++);
            accepted++;
            ig_mounts_free(&mounts);
        }
        free(part);
    }
    ck_assert_uint_gt(accepted, 20);
    free(text);
}
END_TEST

START_TEST(topmost_mount_covers)
{
    struct ig_mounts mounts;
    /* /x: 2 below 3 below 4, but listed as 4, 2, 3 (a moved mount keeps its place); and a ring,
     * which no kernel writes, must not hang. */
    parse("1 1 0:1 / / rw - tmpfs a rw\n"
          "4 3 0:1 / /x rw - tmpfs top rw\n"
          "2 1 0:1 / /x rw - tmpfs bottom rw\n"
          "3 2 0:1 / /x rw - tmpfs middle rw\n"
          "5 1 0:1 / /y rw - tmpfs first rw\n"
          "6 5 0:1 / /y rw - tmpfs second rw\n"
          "7 8 0:1 / /ring rw - tmpfs r rw\n"
          "8 7 0:1 / /ring rw - tmpfs r rw\n"
          "9 1 0:1 / /xx rw - tmpfs other rw\n",
          &mounts);
    ck_assert_str_eq(ig_mounts_on(&mounts, "/x")->source, "top");
    ck_assert_str_eq(ig_mounts_on(&mounts, "/y")->source, "second");
    ck_assert_ptr_nonnull(ig_mounts_on(&mounts, "/ring"));
    ck_assert_uint_eq(ig_mounts_on(&mounts, "/")->id, 1);
    ck_assert_ptr_null(ig_mounts_on(&mounts, "/x/y"));
    ck_assert_ptr_null(ig_mounts_on(&mounts, "/z"));
    ck_assert_uint_eq(ig_mounts_by_id(&mounts, 6)->id, 6);
    ck_assert_ptr_null(ig_mounts_by_id(&mounts, 60));
    ig_mounts_free(&mounts);
}
END_TEST

static const struct {
    const char *options, *word;
    bool have;
} words[] = {
    {"rw,noexec", "rw", true},   {"rw,noexec", "noexec", true}, {"rw,noexec", "no", false},
    {"rw,noexec", "exec", false}, {"ro", "ro", true},            {"", "ro", false},
    {"rw,x=ro", "ro", false},    {"x=rw,ro", "ro", true},       {"errors=remount-ro", "ro", false},
    {"rw,,ro", "ro", true},      {"ro,", "ro", true},           {"rw", "", false},
};

START_TEST(options_have_words)
{
    ck_assert(ig_options_have(words[_i].options, words[_i].word) == words[_i].have);
}
END_TEST

static const struct {
    const char *options, *key, *value;
} values[] = {
    {"rw,hidepid=invisible", "hidepid", "invisible"},
    {"rw,hidepid=2,gid=3", "hidepid", "2"},
    {"rw,hidepid=2,gid=3", "gid", "3"},
    {"rw,gid=", "gid", ""},
    {"rw,gid", "gid", NULL},
    {"rw,xgid=1", "gid", NULL},
    {"rw,gidx=1", "gid", NULL},
    {"", "gid", NULL},
    {"rw,a=b=c", "a", "b=c"},
    {"a=1,a=2", "a", "1"},
};

START_TEST(options_have_values)
{
    char *value = ig_options_value(values[_i].options, values[_i].key);
    if (values[_i].value == NULL) {
        ck_assert_ptr_null(value);
    } else {
        ck_assert_str_eq(value, values[_i].value);
    }
    free(value);
}
END_TEST

/* The volumes that test/data/corpus/README.md lists; NULL where the root field does not tell. */
static const struct {
    const char *point, *kind, *rest;
} volumes[] = {
    {"/vol/disk", "empty-dir", ""},
    {"/vol/disk-ro", "empty-dir", ""},
    {"/vol/disk-subdir", "empty-dir", "/a/b"},
    {"/vol/cm", "configmap", ""},
    {"/vol/cm-subpath.yaml", "configmap", "/..2026_11_23_11_54_09.2563310884/app.yaml"},
    {"/vol/cm-wrong-key.yaml", "configmap", "/absent.yaml"},
    {"/vol/mem", NULL, NULL},
    {"/vol/sec", NULL, NULL},
    {"/vol/host", NULL, NULL},
    {"/vol/img", NULL, NULL},
    {"/etc/hosts", NULL, NULL},
    {"/dev/termination-log", NULL, NULL},
    {"/", NULL, NULL},
};

START_TEST(kubelet_volumes_are_told)
{
    struct ig_mounts mounts;
    const char *rest = NULL;
    char *text = pod_mounts("default", &mounts);
    const struct ig_mount *mount = ig_mounts_on(&mounts, volumes[_i].point);
    ck_assert_ptr_nonnull(mount);
    char *kind = ig_mount_kubelet_kind(mount, &rest);
    char *again = ig_mount_kubelet_kind(mount, NULL);
    if (volumes[_i].kind == NULL) {
        ck_assert_ptr_null(kind);
        ck_assert_ptr_null(rest);
    } else {
        ck_assert_str_eq(kind, volumes[_i].kind);
        ck_assert_str_eq(again, volumes[_i].kind);
        ck_assert_str_eq(rest, volumes[_i].rest);
    }
    free(kind);
    free(again);
    ig_mounts_free(&mounts);
    free(text);
}
END_TEST

static const struct {
    const char *root, *kind, *rest;
} kinds[] = {
    {"/pods/1/volumes/kubernetes.io~csi/pvc-1/mount", "csi", "/mount"},
    {"/volumes/kubernetes.io~a/b/volumes/kubernetes.io~c/d", "a", "/volumes/kubernetes.io~c/d"},
    {"/volumes/kubernetes.io~empty-dir", NULL, NULL},
    {"/volumes/kubernetes.io~empty-dir/", NULL, NULL},
    {"/volumes/kubernetes.io~empty-dir//x", NULL, NULL},
    {"/volumes/kubernetes.io~/x", NULL, NULL},
    {"/volumes/other.io~empty-dir/x", NULL, NULL},
};

START_TEST(kubelet_kind_of_root)
{
    char root[128];
    snprintf(root, sizeof root, "%s", kinds[_i].root);
    struct ig_mount mount = {.root = root};
    const char *rest = NULL;
    char *kind = ig_mount_kubelet_kind(&mount, &rest);
    if (kinds[_i].kind == NULL) {
        ck_assert_ptr_null(kind);
    } else {
        ck_assert_str_eq(kind, kinds[_i].kind);
        ck_assert_str_eq(rest, kinds[_i].rest);
    }
    free(kind);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mountinfo");
    TCase *tc = tcase_create("all");
    tcase_add_loop_test(tc, corpus_is_understood, 0, CORPUS_PODS);
    tcase_add_test(tc, restricted_root_is_read_only);
    tcase_add_test(tc, fields_are_read);
    tcase_add_test(tc, no_lines_are_no_mounts);
    tcase_add_test(tc, escapes_are_undone);
    tcase_add_test(tc, deleted_source_is_stale);
    tcase_add_test(tc, empty_source_is_an_empty_field);
    tcase_add_loop_test(tc, malformed_line_is_refused, 0, IG_COUNT(malformed));
    tcase_add_test(tc, nul_byte_is_refused);
    tcase_add_test(tc, truncated_at_every_byte);
    tcase_add_test(tc, topmost_mount_covers);
    tcase_add_loop_test(tc, options_have_words, 0, IG_COUNT(words));
    tcase_add_loop_test(tc, options_have_values, 0, IG_COUNT(values));
    tcase_add_loop_test(tc, kubelet_volumes_are_told, 0, IG_COUNT(volumes));
    tcase_add_loop_test(tc, kubelet_kind_of_root, 0, IG_COUNT(kinds));
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
