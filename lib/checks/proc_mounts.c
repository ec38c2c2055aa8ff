/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of /proc that look at its mounts: mounted, self_exe, hidepid, overmounts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checks/check.h"
#include "checks/words.h"
#include "core/buf.h"
#include "core/mem.h"
#include "kernel/procfs.h"

/* include/uapi/linux/magic.h */
enum { PROC_SUPER_MAGIC = 0x9fa0 };

static void run_mounted(const struct ig_question *q, struct ig_result *r)
{
    struct ig_walk walk;
    struct ig_error e = {0};
    unsigned long flags = 0;
    unsigned long magic = 0;
    char words[160];
    ig_result_expected(r, "procfs on /proc");
    if (ig_fsroot_walk(q->scene->own, "/proc", 0, &walk) != 0) {
        ig_result_set(r, ig_fault_of_the_image(walk.error) ? IG_STATUS_FAIL : IG_STATUS_ERROR,
                      "/proc cannot be looked at: %s.",
                      ig_errno_text(walk.error, words, sizeof words));
    } else if (ig_fd_statfs(walk.fd, &flags, &magic, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "/proc cannot be looked at: %s.", e.text);
    } else if (magic != PROC_SUPER_MAGIC) {
        ig_result_set(r, IG_STATUS_FAIL, "/proc is not procfs (file system magic 0x%lx): programs "
                                         "that read /proc/self see something else.", magic);
        ig_result_observed(r, "file system magic 0x%lx", magic);
    } else {
        ig_result_set(r, IG_STATUS_PASS, "/proc is procfs.");
    }
    if (r->status != IG_STATUS_PASS) {
        ig_result_fix(r, "Start the container with its normal /proc; a chroot needs `mount -t "
                         "proc`.");
    }
    ig_walk_free(&walk);
}

const struct ig_check ig_check_proc_mounted = {
    .spec = {.id = "proc.mounted",
             .key = "mounted",
             .kind = IG_KIND_PROC,
             .summary = "/proc is procfs"},
    .means = "statfs(2) of the gate's own /proc says PROC_SUPER_MAGIC. It is always this "
             "container's /proc that is judged, also under --root.",
    .matters = "Go's os.Executable, the JVM, glibc and most runtimes read /proc/self; a container "
               "started without procfs, or with something else mounted there, breaks them in ways "
               "that name no cause.",
    .mend = "Start the container with its normal /proc; in a chroot, mount -t proc proc /proc.",
    .run = run_mounted,
};

static void run_self_exe(const struct ig_question *q, struct ig_result *r)
{
    IG_AUTO_FREE char *target = NULL;
    struct ig_error e = {0};
    if (ig_fsroot_readlink(q->scene->own, "/proc/self/exe", &target, &e) != 0) {
        bool is_none = e.number == EINVAL || ig_fault_of_the_image(e.number);
        ig_result_set(r, is_none ? IG_STATUS_FAIL : IG_STATUS_ERROR,
                      "/proc/self/exe does not read as a link: %s%s.", e.text,
                      e.number == EINVAL ? " (something is mounted over it)" : "");
        ig_result_expected(r, "a link to the running program");
        ig_result_observed(r, "%s", e.text);
    } else if (target[0] != '/') {
        ig_result_set(r, IG_STATUS_FAIL, "/proc/self/exe leads to \"%s\", which is no path.",
                      target);
        ig_result_observed(r, "%s", target);
    } else {
        ig_result_set(r, IG_STATUS_PASS, "/proc/self/exe reads.");
        ig_result_observed(r, "%s", target);
    }
    if (r->status != IG_STATUS_PASS) {
        ig_result_fix(r, "Remove what is mounted over /proc/self, or start the container with its "
                         "normal /proc.");
    }
}

static const char *const needs_mounted[] = {"proc.mounted", NULL};

const struct ig_check ig_check_proc_self_exe = {
    .spec = {.id = "proc.self_exe",
             .key = "selfExe",
             .kind = IG_KIND_PROC,
             .summary = "the link /proc/self/exe reads"},
    .means = "The link /proc/self/exe reads as a path. Covered by a mount (move_mount, or a "
             "bind through an O_NOFOLLOW descriptor) it gives EINVAL instead.",
    .matters = "Programs find their own file, and with it their data, through this link "
               "(os.Executable in Go reads it at each call).",
    .mend = "Remove the mount over /proc/self/exe; start the container with its normal /proc.",
    .needs = needs_mounted,
    .run = run_self_exe,
};

static bool mounts_known(const struct ig_question *q, struct ig_result *r)
{
    if (!q->scene->mounts_known) {
        ig_result_set(r, IG_STATUS_ERROR, "The mounts of this container cannot be read: %s.",
                      q->scene->mounts_error.text);
        ig_result_fix(r, "Mount /proc in this container.");
    }
    return q->scene->mounts_known;
}

struct hidepid_params {
    int mode;
};

static const char *const hidepid_values[] = {"any",        "off", "noaccess", "invisible",
                                             "ptraceable", "0",   "1",        "2",
                                             "4",          NULL};

static const struct ig_param hidepid_params[] = {
    {.name = "mode",
     .type = IG_TYPE_ENUM,
     .values = hidepid_values,
     .offset = offsetof(struct hidepid_params, mode),
     .short_form = true,
     .number_too = true,
     .summary = "what the hidepid option must be; any only reports it"},
    {0},
};

static void run_hidepid(const struct ig_question *q, struct ig_result *r)
{
    const struct hidepid_params *p = q->setting->params;
    if (!mounts_known(q, r)) {
        return;
    }
    const struct ig_mount *proc = ig_mounts_on(&q->scene->mounts, "/proc");
    if (proc == NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "The mount of /proc is not in this container's "
                                          "mountinfo: its hidepid option is not known.");
        ig_result_fix(r, "Mount /proc in this container's own root.");
        return;
    }
    enum ig_hidepid is = ig_hidepid_parse(proc->super_options);
    const char *wanted = hidepid_values[p->mode > 0 ? p->mode - 1 : 0];
    char option[64];
    ig_result_observed(r, "hidepid=%s", ig_hidepid_name(is));
    if (strcmp(wanted, "any") == 0) {
        ig_result_set(r, IG_STATUS_PASS, "/proc is mounted with hidepid=%s.", ig_hidepid_name(is));
        return;
    }
    ig_result_expected(r, "hidepid=%s", wanted);
    snprintf(option, sizeof option, "rw,hidepid=%s", wanted);
    if (is != IG_HIDEPID_UNKNOWN && ig_hidepid_parse(option) == is) {
        ig_result_set(r, IG_STATUS_PASS, "/proc is mounted with hidepid=%s, as expected.",
                      ig_hidepid_name(is));
    } else {
        ig_result_set(r, IG_STATUS_FAIL, "/proc is mounted with hidepid=%s, expected %s: %s.",
                      ig_hidepid_name(is), wanted,
                      is == IG_HIDEPID_OFF ? "every process of this PID namespace may be listed"
                                           : "what is visible of other processes differs");
        ig_result_fix(r, "The runtime sets it; see procMount and the runtime class.");
    }
}

const struct ig_check ig_check_proc_hidepid = {
    .spec = {.id = "proc.hidepid",
             .key = "hidepid",
             .kind = IG_KIND_PROC,
             .summary = "/proc is mounted with the hidepid option asked",
             .params = hidepid_params,
             .params_size = sizeof(struct hidepid_params),
             .on_request = true},
    .means = "The hidepid option of this container's /proc, from mountinfo: off (0), noaccess (1), "
             "invisible (2) or ptraceable (4). \"any\" reports it without judging.",
    .matters = "At off, every process of the PID namespace shows its command line and status to "
               "every user; from invisible on, monitoring agents in a sidecar see nothing.",
    .mend = "The runtime mounts /proc: the option comes from its configuration or runtime class.",
    .needs = needs_mounted,
    .run = run_hidepid,
};

struct expect_params {
    int expect;
};

static const char *const expect_values[] = {"any", "deny", NULL};

static const struct ig_param overmount_params[] = {
    {.name = "expect",
     .type = IG_TYPE_ENUM,
     .values = expect_values,
     .offset = offsetof(struct expect_params, expect),
     .short_form = true,
     .summary = "deny (the default) or any, which only lists them"},
    {0},
};

static void run_overmounts(const struct ig_question *q, struct ig_result *r)
{
    const struct expect_params *p = q->setting->params;
    IG_AUTO_BUF struct ig_buf others = {0};
    if (!mounts_known(q, r)) {
        return;
    }
    const struct ig_mount *bad = ig_proc_overmount(&q->scene->mounts, &others);
    if (bad != NULL && p->expect != 1) {
        ig_result_set(r, IG_STATUS_FAIL, "A mount (%s) lies on %s: what programs read there is not "
                                         "the kernel's.", bad->fstype, bad->point);
        ig_result_expected(r, "no mount but procfs on /proc, none on /proc/self or /proc/PID");
        ig_result_observed(r, "%s (%s)", bad->point, bad->fstype);
        ig_result_fix(r, "Find the volume or the privileged container that mounts there, and "
                         "remove it.");
        return;
    }
    ig_result_set(r, IG_STATUS_PASS, bad == NULL
                                         ? "No mount covers what a process reads about itself."
                                         : "A mount covers a process's files, which the policy "
                                           "allows.");
    if (others.length > 0 || bad != NULL) {
        ig_result_observed(r, "%s", bad != NULL ? bad->point : ig_buf_text(&others));
    }
}

const struct ig_check ig_check_proc_overmounts = {
    .spec = {.id = "proc.overmounts",
             .key = "overmounts",
             .kind = IG_KIND_PROC,
             .summary = "no mount but procfs on /proc, none on or below /proc/self, "
                        "/proc/thread-self or /proc/PID",
             .params = overmount_params,
             .params_size = sizeof(struct expect_params)},
    .means = "mountinfo shows nothing but procfs on /proc itself, and no mount on or below "
             "/proc/self, /proc/thread-self or a numbered process. Masks and read-only binds of "
             "the runtime, binfmt_misc and lxcfs files (/proc/cpuinfo, /proc/meminfo) are listed "
             "and pass.",
    .matters = "A mount there lies to every program about itself: /proc/self/exe, maps, status.",
    .mend = "Remove the mount; look for a privileged container or a volume whose mountPath is "
            "below /proc.",
    .needs = needs_mounted,
    .run = run_overmounts,
};
