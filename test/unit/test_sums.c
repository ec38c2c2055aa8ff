/* SPDX-License-Identifier: Apache-2.0 */
/* Checksum files: faults by message, and sha256sum(1) itself as the oracle for
 * what it writes and for what it accepts. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "policy/policy.h"
#include "policy_table.h"

/* Of the empty file and of "hi". */
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HI "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
#define HI_UPPER "8F434346648F6B96DF89DDA901C5176B10A6D83961DD3C1AC88B59B2DC327AA4"

static const struct {
    const char *text;
    const char *message;  /* or NULL, then: */
    const char *names[3];
} rows[] = {
    {HEX "  a\n", NULL, {"a"}},
    {HEX "  a", NULL, {"a"}},
    {HEX " *a\n", NULL, {"a"}},
    {HEX "\t a\n", NULL, {"a"}},
    {HEX "   a \n", NULL, {" a "}},
    {HEX "  *a\n", NULL, {"*a"}},
    {HEX " **a\n", NULL, {"*a"}},
    {HEX "  a\\nb\n", NULL, {"a\\nb"}},
    {"\\" HEX "  a\\nb\\\\\\r\n", NULL, {"a\nb\\\r"}},
    {"  " HEX "  a\n", NULL, {"a"}},
    {"SHA256 (a) = " HEX "\n", NULL, {"a"}},
    {"SHA256(a)= " HEX "\n", NULL, {"a"}},
    {"SHA256 (a) = b) = " HEX "\n", NULL, {"a) = b"}},
    {"SHA256 ( ) = " HEX "\n", NULL, {" "}},
    {"\\SHA256 (a\\\\b) = " HEX "\n", NULL, {"a\\b"}},
    {"# made by hand\n\n" HEX "  a\r\n\r\n#\n" HEX "  b\n" HEX "  /c/../d", NULL,
     {"a", "b", "/c/../d"}},
    {HEX "  a\n" HEX "  a\n" HEX "  ./a\n" HEX "  b\n", NULL, {"a", "b"}},
    {HEX "  a\xff\xfe\n", NULL, {"a\xff\xfe"}},

    {"", "the checksum file has no entry", {NULL}},
    {"\n", "the checksum file has no entry", {NULL}},
    {"# nothing\n", "the checksum file has no entry", {NULL}},
    {"x\n", "line 1 is no line of sha256sum: \"x\"", {NULL}},
    {HEX "  a\ngarb\x1b[31mage\n" HEX "  b\n",
     "line 2 is no line of sha256sum: \"garb\\x1b[31mage\"", {NULL}},
    {HEX "\n", "line 1 is no line of sha256sum: \"" HEX "\"", {NULL}},
    {HEX "  \n", "line 1 is no line of sha256sum: \"" HEX "  \"", {NULL}},
    {HEX " a\n", "line 1 is no line of sha256sum: \"" HEX " a\"", {NULL}},
    {HEX "a  a\n", "line 1 is no line of sha256sum: \"" HEX "a  a\"", {NULL}},
    {"e3b0c4  a\n", "line 1 is no line of sha256sum: \"e3b0c4  a\"", {NULL}},
    {"\\" HEX "  a\\tb\n", "line 1 is no line of sha256sum: \"\\\\" HEX "  a\\\\tb\"", {NULL}},
    {"\\" HEX "  a\\\n", "line 1 is no line of sha256sum: \"\\\\" HEX "  a\\\\\"", {NULL}},
    {"SHA256 () = " HEX "\n", "line 1 is no line of sha256sum: \"SHA256 () = " HEX "\"", {NULL}},
    {"SHA256 (a) = " HEX " \n", "line 1 is no line of sha256sum: \"SHA256 (a) = " HEX " \"", {NULL}},
    {"SHA256 (a) = \n", "line 1 is no line of sha256sum: \"SHA256 (a) = \"", {NULL}},
    {"SHA256 a = " HEX "\n", "line 1 is no line of sha256sum: \"SHA256 a = " HEX "\"", {NULL}},
    {"MD5 (a) = " HEX "\n", "line 1 is no line of sha256sum: \"MD5 (a) = " HEX "\"", {NULL}},
    {HEX "  -\n", "line 1: \"-\" is standard input, not a file; a file of that name is \"./-\"",
     {NULL}},
    {HEX "  a\n" HI "  b\n" HI "  .//a\n",
     "line 3: two digests are asked of \".//a\": " HEX " and " HI, {NULL}},
};

static int add(struct ig_policy *policy, const char *text, size_t length, struct ig_error *e)
{
    char *copy = malloc(length != 0 ? length : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, length);
    int result = ig_policy_add_sums(policy, t_specs, copy, length, e);
    free(copy);
    return result;
}

static const char *digest_of(const struct ig_subject *subject)
{
    const struct ig_setting *s = ig_subject_setting(subject, "file.content");
    ck_assert(s->given && !s->off);
    return ((const struct t_digest *)s->params)->sha256;
}

START_TEST(row)
{
    struct ig_policy *p = ig_policy_new(t_specs);
    struct ig_error e = {0};
    int result = add(p, rows[_i].text, strlen(rows[_i].text), &e);
    ck_assert_str_eq(e.text, rows[_i].message != NULL ? rows[_i].message : "");
    ck_assert_int_eq(result, rows[_i].message != NULL ? -1 : 0);
    size_t n = 0;
    while (n < IG_COUNT(rows[_i].names) && rows[_i].names[n] != NULL) {
        ck_assert_int_eq(p->subjects[n].kind, IG_KIND_FILE);
        ck_assert_str_eq(p->subjects[n].path, rows[_i].names[n]);
        ck_assert_str_eq(digest_of(&p->subjects[n]), HEX);
        n++;
    }
    ck_assert_uint_eq(p->subject_count, n + 1);
    ig_policy_free(p);
}
END_TEST

START_TEST(nul_bytes)
{
    static const char text[] = HEX "  a\n" HEX "  b\0c\n";
    struct ig_policy *p = ig_policy_new(t_specs);
    struct ig_error e = {0};
    ck_assert_int_eq(add(p, text, sizeof text - 1, &e), -1);
    ck_assert_str_eq(e.text, "line 2 has a NUL byte");
    ig_policy_free(p);
}
END_TEST

START_TEST(digests_lower_case)
{
    struct ig_policy *p = ig_policy_new(t_specs);
    ck_assert_int_eq(add(p, HI_UPPER "  a\n", 68, NULL), 0);
    ck_assert_str_eq(digest_of(&p->subjects[0]), HI);
    ig_policy_free(p);
}
END_TEST

/* Into a policy that has files: what it asks stays, what it does not ask is added. */
START_TEST(merged)
{
    static const char text[] =
        "{\"apiVersion\": \"initgate.dev/v1\", \"kind\": \"Policy\", \"binaries\": [{\"path\": "
        "\"/same\"}], \"files\": [{\"path\": \"/has\", \"sha256\": \"" HEX "\"}, {\"path\": "
        "\"/mode\", \"mode\": \"0644\"}, {\"path\": \"/off\", \"content\": false}]}";
    struct ig_policy *p = NULL;
    struct ig_error e = {0};
    ck_assert_int_eq(ig_policy_parse(text, sizeof text - 1, t_specs, &p, &e), 0);
    static const char sums[] = HEX "  /has\n" HI "  /./mode\n" HI "  //off\n" HI "  /same\n" HI
                                   "  /mode\n";
    ck_assert_msg(add(p, sums, sizeof sums - 1, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(p->subject_count, 6);
    ck_assert_str_eq(digest_of(&p->subjects[1]), HEX);
    ck_assert_str_eq(p->subjects[2].path, "/mode");
    ck_assert_str_eq(digest_of(&p->subjects[2]), HI);
    ck_assert_str_eq(digest_of(&p->subjects[3]), HI);
    ck_assert_str_eq(p->subjects[4].path, "/same");
    ck_assert_int_eq(p->subjects[4].kind, IG_KIND_FILE);
    ck_assert_int_eq(ig_policy_check(p, &e), 0);
    ck_assert_int_eq(add(p, HI "  /has\n", 71, &e), -1);
    ck_assert_str_eq(e.text, "line 1: two digests are asked of \"/has\": " HEX " and " HI);
    ck_assert_int_eq(ig_policy_add(p, t_specs, IG_KIND_BINARY, "/same", HEX, &e), 0);
    ck_assert_int_eq(ig_policy_check(p, &e), -1);
    ck_assert_str_eq(e.text, "two digests are asked of \"/same\": " HEX " in binaries and " HI
                             " in files");
    ig_policy_free(p);
}
END_TEST

/* Looking each up in all the others would take minutes. */
START_TEST(many)
{
    struct ig_buf text = {0};
    for (int i = 0; i < 200000; i++) {
        ig_buf_addf(&text, HEX "  dir/file-%d\n", i);
    }
    struct ig_policy *p = ig_policy_new(t_specs);
    ck_assert_int_eq(add(p, text.data, text.length, NULL), 0);
    ck_assert_uint_eq(p->subject_count, 200001);
    ck_assert_str_eq(p->subjects[199999].path, "dir/file-199999");
    ck_assert_int_eq(ig_policy_check(p, NULL), 0);
    ig_policy_free(p);
    ig_buf_free(&text);
}
END_TEST

static char dir[] = "/tmp/initgate-sums-XXXXXX";

static void write_file(const char *name, const char *content, size_t length)
{
    char *path = ig_format("%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(write(fd, content, length), (ssize_t)length);
    close(fd);
    free(path);
}

/* Run ARGV in DIR; its output goes to OUT where that is given. */
static int run(const char *const *argv, struct ig_buf *out)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        if (chdir(dir) < 0 || null < 0 || dup2(ends[1], 1) < 0 || dup2(null, 2) < 0) {
            _exit(126);
        }
        close(ends[0]);
        execvp(argv[0], (char *const *)(const void *)argv);
        _exit(127);
    }
    close(ends[1]);
    char piece[4096];
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;) {
        if (out != NULL) {
            ig_buf_add(out, piece, (size_t)n);
        }
    }
    close(ends[0]);
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 126);
    return WEXITSTATUS(status);
}

static const char *const hostile[] = {
    "plain",        "with space",   " leading",   "trailing ", "*star",    "two\nlines",
    "back\\slash",  "cr\rname",     "end\r",      "\\n",       "a) = b",   "SHA256 (x)",
    "\xff\xfe raw", "#hash",        "tab\tname",  "\x1b[31m",  "caf\xc3\xa9", "\\",
    "\n",           "-dash",        "(",          ")",         " ",        "a\\\nb\\r\r",
};

/* What sha256sum writes for names that were made to confuse it is read back as
 * those names and no others, in each of its forms. */
START_TEST(written_by_sha256sum)
{
    static const char *const forms[] = {"--text", "--binary", "--tag"};
    const char *argv[IG_COUNT(hostile) + 4] = {"sha256sum", forms[_i], "--"};
    for (size_t i = 0; i < IG_COUNT(hostile); i++) {
        write_file(hostile[i], i % 2 ? "hi" : "", i % 2 ? 2 : 0);
        argv[i + 3] = hostile[i];
    }
    struct ig_buf out = {0};
    ck_assert_int_eq(run(argv, &out), 0);
    struct ig_policy *p = ig_policy_new(t_specs);
    struct ig_error e = {0};
    ck_assert_msg(add(p, out.data, out.length, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(p->subject_count, IG_COUNT(hostile) + 1);
    for (size_t i = 0; i < IG_COUNT(hostile); i++) {
        ck_assert_str_eq(p->subjects[i].path, hostile[i]);
        ck_assert_str_eq(digest_of(&p->subjects[i]), i % 2 ? HI : HEX);
    }
    ig_policy_free(p);
    ig_buf_free(&out);
}
END_TEST

/* The line is accepted here, and each entry is a file of DIR with that digest. */
static bool ours_holds(const struct ig_buf *line)
{
    struct ig_policy *p = ig_policy_new(t_specs);
    bool holds = add(p, line->data, line->length, NULL) == 0;
    for (size_t i = 0; holds && i + 1 < p->subject_count; i++) {
        char *path = ig_format("%s/%s", dir, p->subjects[i].path);
        holds = access(path, F_OK) == 0 && strcmp(digest_of(&p->subjects[i]), HI) == 0;
        free(path);
    }
    ig_policy_free(p);
    return holds;
}

/* "HEX NAME" with one blank, the reversed BSD form, is the one form of sha256sum
 * -c that is refused here: with it a name's leading blank or star is ambiguous. */
static bool reversed_form(const struct ig_buf *line)
{
    const char *p = line->data + strspn(line->data, " \t");
    p += *p == '\\';
    size_t n = strspn(p, "0123456789abcdefABCDEF");
    return n == 64 && (p[n] == ' ' || p[n] == '\t') && p[n + 1] != ' ' && p[n + 1] != '*';
}

/* Each single edit of a good line: sha256sum --strict and this parser hold it
 * for good, or bad, alike. */
START_TEST(accepted_by_sha256sum)
{
    static const char *const lines[] = {
        HI "  a\n", HI " *a\r\n", "\\" HI "  a\\\\b\n", "SHA256 (a) = " HI "\n",
        "\\SHA256 (a\\\\b) = " HI "\n",
    };
    static const char bytes[] = " \t\r\n\\*()=#a0gS";
    write_file("a", "hi", 2);
    write_file("a\\b", "hi", 2);
    const char *line = lines[_i];
    size_t length = strlen(line);
    size_t compared = 0;
    size_t good = 0;
    for (size_t at = 0; at <= length; at++) {
        /* One digit is like another. */
        const char *hex = strstr(line, HI);
        if (line + at > hex + 2 && line + at < hex + 62) {
            continue;
        }
        for (size_t edit = 0; edit < 2 * (sizeof bytes - 1) + 1; edit++) {
            struct ig_buf text = {0};
            bool replaces = edit % 2 == 0 && at < length;
            ig_buf_add(&text, line, at);
            if (edit < 2 * (sizeof bytes - 1)) {
                ig_buf_add(&text, &bytes[edit / 2], 1);
            }
            ig_buf_adds(&text, line + at + replaces);
            if (!reversed_form(&text)) {
                const char *const argv[] = {"sha256sum", "--strict", "-c", "--status", "sums", NULL};
                write_file("sums", text.data, text.length);
                bool theirs = run(argv, NULL) == 0;
                ck_assert_msg(theirs == ours_holds(&text), "%s: sha256sum says %d", text.data,
                              theirs);
                compared++;
                good += theirs;
            }
            ig_buf_free(&text);
        }
    }
    ck_assert_uint_gt(compared, 200);
    ck_assert_uint_gt(good, 5);
    printf("%zu edits compared, %zu of them good\n", compared, good);
}
END_TEST

static void make_dir(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
    const char *const argv[] = {"rm", "-rf", "--", dir, NULL};
    ck_assert_int_eq(run(argv, NULL), 0);
}

int main(void)
{
    Suite *suite = suite_create("sums");
    TCase *plain = tcase_create("rows");
    tcase_set_timeout(plain, 60);
    tcase_add_loop_test(plain, row, 0, (int)IG_COUNT(rows));
    tcase_add_test(plain, nul_bytes);
    tcase_add_test(plain, digests_lower_case);
    tcase_add_test(plain, merged);
    tcase_add_test(plain, many);
    suite_add_tcase(suite, plain);
    TCase *oracle = tcase_create("sha256sum");
    tcase_set_timeout(oracle, 120);
    tcase_add_checked_fixture(oracle, make_dir, remove_dir);
    tcase_add_loop_test(oracle, written_by_sha256sum, 0, 3);
    tcase_add_loop_test(oracle, accepted_by_sha256sum, 0, 5);
    suite_add_tcase(suite, oracle);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
