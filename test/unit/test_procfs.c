/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc gives away, over captured containers of a real cluster and of podman. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "corpus.h"
#include "kernel/procfs.h"

static const struct {
    const char *file;
    bool masked, privileged;
    enum ig_pidns pidns;
    enum ig_hidepid hidepid;
} containers[] = {
    {"kubernetes-1.36/default", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"kubernetes-1.36/fsgroup", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"kubernetes-1.36/restricted", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"kubernetes-1.36/sysadmin", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"kubernetes-1.36/privileged", false, true, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"kubernetes-1.36/hostpid", true, false, IG_PIDNS_OF_HOST, IG_HIDEPID_OFF},
    {"kubernetes-1.36/sharedpid", true, false, IG_PIDNS_SHARED, IG_HIDEPID_OFF},
    {"podman/default", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"podman/privileged", false, true, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"podman/sysadmin", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"podman/userns", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"podman/readonly", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"podman/masked", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"podman/lxcfs", true, false, IG_PIDNS_OWN, IG_HIDEPID_OFF},
    {"podman/hidepid1", true, false, IG_PIDNS_OWN, IG_HIDEPID_NOACCESS},
    {"podman/hidepid2", true, false, IG_PIDNS_OWN, IG_HIDEPID_INVISIBLE},
    {"podman/sharedpid", true, false, IG_PIDNS_SHARED, IG_HIDEPID_OFF},
    {"podman/hostpid", true, false, IG_PIDNS_OF_HOST, IG_HIDEPID_OFF},
};

/* A section of a capture; malloc'd. */
static char *section(const char *file, const char *name)
{
    char path[256];
    char head[128];
    snprintf(path, sizeof path, "corpus/%s.txt", file);
    snprintf(head, sizeof head, "=== %s", name);
    char *text = read_data(path);
    char *start = strstr(text, head);
    ck_assert_msg(start != NULL, "%s lacks %s", file, name);
    start = strchr(start, '\n') + 1;
    char *end = strstr(start, "\n===");
    size_t length = end != NULL ? (size_t)(end - start) + 1 : strlen(start);
    memmove(text, start, length);
    text[length] = '\0';
    return text;
}

static void load(size_t i, struct ig_mounts *mounts, struct ig_status *status)
{
    struct ig_error e = {0};
    char *text = section(containers[i].file, "/proc/self/mountinfo");
    ck_assert_msg(ig_mounts_parse(text, strlen(text), mounts, &e) == 0, "%s", e.text);
    free(text);
    text = section(containers[i].file, "/proc/self/status");
    ck_assert_msg(ig_status_parse(text, strlen(text), status, &e) == 0, "%s", e.text);
    free(text);
}

START_TEST(masks_and_privilege)
{
    struct ig_mounts mounts;
    struct ig_status status;
    load((size_t)_i, &mounts, &status);
    ck_assert_msg(ig_proc_masked(&mounts) == containers[_i].masked, "%s", containers[_i].file);
    ck_assert_msg(ig_proc_privileged(&mounts, &status) == containers[_i].privileged, "%s",
                  containers[_i].file);
    ig_mounts_free(&mounts);
    ig_status_free(&status);
}
END_TEST

START_TEST(no_healthy_container_has_overmounts)
{
    struct ig_mounts mounts;
    struct ig_status status;
    struct ig_buf others = {0};
    load((size_t)_i, &mounts, &status);
    const struct ig_mount *bad = ig_proc_overmount(&mounts, &others);
    ck_assert_msg(bad == NULL, "%s: %s", containers[_i].file, bad != NULL ? bad->point : "");
    if (containers[_i].masked) {
        ck_assert_msg(strstr(ig_buf_text(&others), "/proc/sys") != NULL, "%s: %s",
                      containers[_i].file, ig_buf_text(&others));
    }
    ig_buf_free(&others);
    ig_mounts_free(&mounts);
    ig_status_free(&status);
}
END_TEST

START_TEST(hidepid_of_the_capture)
{
    struct ig_mounts mounts;
    struct ig_status status;
    load((size_t)_i, &mounts, &status);
    const struct ig_mount *proc = ig_mounts_on(&mounts, "/proc");
    ck_assert_ptr_nonnull(proc);
    ck_assert_int_eq(ig_hidepid_parse(proc->super_options), containers[_i].hidepid);
    ig_mounts_free(&mounts);
    ig_status_free(&status);
}
END_TEST

/* "/proc/1 /pause /pause -P": the exe, which may be unreadable, then the command line. */
static void first_process(char *pids, const char **command, const char **args)
{
    static char nothing[] = "";
    char *line = strstr(pids, "/proc/1");
    ck_assert_ptr_nonnull(line);
    line[strcspn(line, "\n")] = '\0';
    char *exe = strchr(line, ' ');
    char *rest = exe != NULL ? strchr(exe + 1, ' ') : NULL;
    rest = rest != NULL ? rest + 1 : nothing;
    char *space = strchr(rest, ' ');
    *command = rest;
    *args = "";
    if (space != NULL) {
        *space = '\0';
        *args = space + 1;
    }
}

START_TEST(pid_namespace_of_the_capture)
{
    struct ig_mounts mounts;
    struct ig_status status;
    load((size_t)_i, &mounts, &status);
    char *ns = section(containers[_i].file, "ns");
    char *pids = section(containers[_i].file, "pids");
    char *cgroup = section(containers[_i].file, "/proc/self/cgroup");
    char *link = strstr(ns, "pid -> ");
    ck_assert_ptr_nonnull(link);
    link += strlen("pid -> ");
    link[strcspn(link, "\n")] = '\0';
    const char *command = NULL;
    const char *args = NULL;
    first_process(pids, &command, &args);
    const char *base = strrchr(command, '/');
    /* The captures were made by a shell's child: what counts is its pid 1 and cgroup. */
    struct ig_pidns_facts facts = {
        .ns_link = link,
        .own_pid = status.pid,
        .pid1_comm = base != NULL ? base + 1 : command,
        .pid1_cmdline = command,
        .pid1_args = args,
        .own_cgroup = cgroup,
        .pid1_cgroup = containers[_i].pidns == IG_PIDNS_OWN ? cgroup : "0::/elsewhere\n",
    };
    ck_assert_msg(ig_pidns_judge(&facts) == containers[_i].pidns, "%s: %s, pid 1 %s",
                  containers[_i].file, link, command);
    free(ns);
    free(pids);
    free(cgroup);
    ig_mounts_free(&mounts);
    ig_status_free(&status);
}
END_TEST

static const struct {
    struct ig_pidns_facts facts;
    enum ig_pidns kind;
} namespaces[] = {
    {{"pid:[4026531836]", 1, NULL, NULL, NULL, NULL, NULL}, IG_PIDNS_OF_HOST},
    {{"pid:[4026532000]", 1, NULL, NULL, NULL, NULL, NULL}, IG_PIDNS_OWN},
    /* hidepid: pid 1 is not visible */
    {{"pid:[4026532000]", 7, NULL, NULL, NULL, "0::/a\n", NULL}, IG_PIDNS_UNKNOWN},
    {{NULL, 7, "sh", "sh", "", "0::/a\n", "0::/a\n"}, IG_PIDNS_UNKNOWN},
    {{"pid:[4026532000]", 7, "sh", "/bin/sh", "-c x", "0::/a\n", "0::/a\n"}, IG_PIDNS_OWN},
    {{"pid:[4026532000]", 7, "sh", "/bin/sh", "", NULL, "0::/a\n"}, IG_PIDNS_UNKNOWN},
    {{"pid:[4026532000]", 7, "pause", "/pause", "", "0::/a\n", "0::/b\n"}, IG_PIDNS_SHARED},
    {{"pid:[4026532000]", 7, "pod", "/usr/bin/pod", "", "0::/a\n", "0::/b\n"}, IG_PIDNS_SHARED},
    {{"pid:[4026532000]", 7, "catatonit", "/usr/bin/catatonit", "-P ", "0::/a\n", "0::/a\n"},
     IG_PIDNS_SHARED},
    {{"pid:[4026532000]", 7, "catatonit", "/usr/bin/catatonit", "-- sh", "0::/a\n", "0::/a\n"},
     IG_PIDNS_OWN},
    /* a node that is a container itself: its pid 1 lives in another cgroup */
    {{"pid:[4026532000]", 700, "systemd", "/sbin/init", "", "0::/kubepods/x\n", "0::/init.scope\n"},
     IG_PIDNS_OF_HOST},
    /* something that calls itself pause without being started as such */
    {{"pid:[4026532000]", 7, "pause", "/opt/evil", "", "0::/a\n", "0::/b\n"}, IG_PIDNS_OF_HOST},
};

START_TEST(pid_namespaces)
{
    ck_assert_int_eq(ig_pidns_judge(&namespaces[_i].facts), namespaces[_i].kind);
}
END_TEST

static const struct {
    const char *line;
    bool bad;
} overmounts[] = {
    {"40 22 0:30 / /proc rw - tmpfs tmpfs rw\n", true},
    {"40 22 0:30 / /proc rw - proc proc rw\n", false},
    {"40 22 0:30 / /proc/self rw - tmpfs tmpfs rw\n", true},
    {"40 22 0:30 /exe /proc/self/exe rw - proc proc rw\n", true},
    {"40 22 0:30 / /proc/thread-self/attr rw - tmpfs tmpfs rw\n", true},
    {"40 22 0:30 / /proc/1 rw - tmpfs tmpfs rw\n", true},
    {"40 22 0:30 / /proc/4711/maps rw - tmpfs tmpfs rw\n", true},
    {"40 22 0:30 / /proc/selfish rw - tmpfs tmpfs rw\n", false},
    {"40 22 0:30 / /proc/1a rw - tmpfs tmpfs rw\n", false},
    {"40 22 0:30 / /proc/cpuinfo rw - fuse.lxcfs lxcfs rw\n", false},
    {"40 22 0:30 / /proc/sys/fs/binfmt_misc rw - binfmt_misc binfmt_misc rw\n", false},
    {"40 22 0:30 / /process/1 rw - tmpfs tmpfs rw\n", false},
};

START_TEST(overmount_rows)
{
    struct ig_mounts mounts;
    char text[256];
    snprintf(text, sizeof text, "22 1 0:21 / /proc rw - proc proc rw\n%s", overmounts[_i].line);
    ck_assert_int_eq(ig_mounts_parse(text, strlen(text), &mounts, NULL), 0);
    const struct ig_mount *bad = ig_proc_overmount(&mounts, NULL);
    ck_assert_msg((bad != NULL) == overmounts[_i].bad, "%s", overmounts[_i].line);
    ig_mounts_free(&mounts);
}
END_TEST

static const struct {
    const char *options;
    enum ig_hidepid value;
} hidepids[] = {
    {"rw", IG_HIDEPID_OFF},
    {"rw,hidepid=0", IG_HIDEPID_OFF},
    {"rw,hidepid=1", IG_HIDEPID_NOACCESS},
    {"rw,hidepid=invisible,gid=4", IG_HIDEPID_INVISIBLE},
    {"rw,hidepid=ptraceable", IG_HIDEPID_PTRACEABLE},
    {"rw,hidepid=4", IG_HIDEPID_PTRACEABLE},
    {"rw,hidepid=3", IG_HIDEPID_UNKNOWN},
    {"rw,hidepid=", IG_HIDEPID_UNKNOWN},
};

START_TEST(hidepid_rows)
{
    ck_assert_int_eq(ig_hidepid_parse(hidepids[_i].options), hidepids[_i].value);
}
END_TEST

#define ROWS(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite = suite_create("procfs");
    TCase *tc = tcase_create("procfs");
    tcase_add_loop_test(tc, masks_and_privilege, 0, ROWS(containers));
    tcase_add_loop_test(tc, no_healthy_container_has_overmounts, 0, ROWS(containers));
    tcase_add_loop_test(tc, hidepid_of_the_capture, 0, ROWS(containers));
    tcase_add_loop_test(tc, pid_namespace_of_the_capture, 0, ROWS(containers));
    tcase_add_loop_test(tc, pid_namespaces, 0, ROWS(namespaces));
    tcase_add_loop_test(tc, overmount_rows, 0, ROWS(overmounts));
    tcase_add_loop_test(tc, hidepid_rows, 0, ROWS(hidepids));
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
