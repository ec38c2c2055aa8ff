/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of /proc that tell what kind of container this is: privileged, shared_pid, host_pid. */
#include <string.h>

#include "checks/check.h"
#include "core/buf.h"
#include "core/mem.h"
#include "kernel/procfs.h"

enum { SMALL_FILE_MAX = 64 << 10 };
enum expect { EXPECT_ANY = 1, EXPECT_DENY = 2 };

struct expect_params {
    int expect;
};

static const char *const expect_values[] = {"any", "deny", NULL};

static const struct ig_param params[] = {
    {.name = "expect",
     .type = IG_TYPE_ENUM,
     .values = expect_values,
     .offset = offsetof(struct expect_params, expect),
     .short_form = true,
     .summary = "deny, or any, which only reports it"},
    {0},
};

static bool denied(const struct ig_question *q)
{
    const struct expect_params *p = q->setting->params;
    return p->expect != EXPECT_ANY;
}

static const char *const needs_mounted[] = {"proc.mounted", NULL};

static void run_privileged(const struct ig_question *q, struct ig_result *r)
{
    const struct ig_status *status = &q->scene->status;
    if (!q->scene->mounts_known || !q->scene->status_known) {
        ig_result_set(r, IG_STATUS_ERROR, "Whether this container is privileged is not known: %s.",
                      q->scene->mounts_known ? q->scene->status_error.text
                                             : q->scene->mounts_error.text);
        ig_result_fix(r, "Mount /proc in this container.");
        return;
    }
    bool masked = ig_proc_masked(&q->scene->mounts);
    bool admin = ((status->cred.caps | status->cap_effective) >> IG_CAP_SYS_ADMIN & 1) != 0;
    bool privileged = ig_proc_privileged(&q->scene->mounts, status);
    ig_result_observed(r, "masks under /proc: %s; Seccomp: %d; CAP_SYS_ADMIN: %s",
                       masked ? "yes" : "none", status->seccomp, admin ? "yes" : "no");
    if (!privileged) {
        ig_result_set(r, IG_STATUS_PASS, "This container is not privileged.");
    } else if (!denied(q)) {
        ig_result_set(r, IG_STATUS_PASS, "This container is privileged, which the policy allows.");
    } else {
        ig_result_set(r, IG_STATUS_FAIL, "This container is privileged: nothing under /proc is "
                                         "masked, no seccomp filter, CAP_SYS_ADMIN.");
        ig_result_expected(r, "not privileged");
        ig_result_fix(r, "Remove securityContext.privileged. That the main container is not "
                         "privileged is the admission policy's to enforce.");
    }
}

const struct ig_check ig_check_proc_privileged = {
    .spec = {.id = "proc.privileged",
             .key = "privileged",
             .kind = IG_KIND_PROC,
             .summary = "this container is not privileged",
             .params = params,
             .params_size = sizeof(struct expect_params),
             .on_request = true},
    .means = "A privileged container shows three signs at once: no masked or read-only paths under "
             "/proc, no seccomp filter, and CAP_SYS_ADMIN. One alone proves nothing (CapEff is full "
             "only where the node's own set is).",
    .matters = "A privileged init container can rewrite the node and every other container's "
               "files, whatever this gate found before.",
    .mend = "Remove privileged: true; grant the single capability or device that is needed.",
    .needs = needs_mounted,
    .run = run_privileged,
};

/* What the gate reads of pid 1; unreadable parts stay NULL, as with hidepid. */
struct pid1 {
    char *ns_link;
    struct ig_buf comm, cmdline, own_cgroup, cgroup;
};

static const char *slurp(const struct ig_question *q, const char *path, struct ig_buf *into)
{
    return ig_fsroot_slurp(q->scene->own, path, SMALL_FILE_MAX, into, NULL) == 0
               ? ig_buf_text(into)
               : NULL;
}

static enum ig_pidns look(const struct ig_question *q, struct pid1 *pid1)
{
    struct ig_pidns_facts facts = {.own_pid = q->scene->status.pid};
    if (ig_fsroot_readlink(q->scene->own, "/proc/self/ns/pid", &pid1->ns_link, NULL) == 0) {
        facts.ns_link = pid1->ns_link;
    }
    facts.own_cgroup = slurp(q, "/proc/self/cgroup", &pid1->own_cgroup);
    facts.pid1_cgroup = slurp(q, "/proc/1/cgroup", &pid1->cgroup);
    facts.pid1_comm = slurp(q, "/proc/1/comm", &pid1->comm);
    if (pid1->comm.length > 0 && pid1->comm.data[pid1->comm.length - 1] == '\n') {
        pid1->comm.data[--pid1->comm.length] = '\0';
    }
    facts.pid1_cmdline = slurp(q, "/proc/1/cmdline", &pid1->cmdline);
    if (facts.pid1_cmdline != NULL) {
        size_t first = strlen(facts.pid1_cmdline);
        for (size_t i = first + 1; i < pid1->cmdline.length; i++) {
            if (pid1->cmdline.data[i] == '\0') {
                pid1->cmdline.data[i] = ' ';
            }
        }
        facts.pid1_args = first < pid1->cmdline.length ? facts.pid1_cmdline + first + 1 : "";
    }
    return ig_pidns_judge(&facts);
}

static void forget(struct pid1 *pid1)
{
    free(pid1->ns_link);
    ig_buf_free(&pid1->comm);
    ig_buf_free(&pid1->cmdline);
    ig_buf_free(&pid1->own_cgroup);
    ig_buf_free(&pid1->cgroup);
}

/* What to say of a namespace. */
struct pidns_words {
    const char *good, *bad, *allowed, *fix;
};

/* Judge "is this namespace of the kind BAD?" */
static void judge_pidns(const struct ig_question *q, struct ig_result *r, enum ig_pidns bad,
                        const struct pidns_words *words)
{
    struct pid1 pid1 = {0};
    if (!q->scene->status_known) {
        ig_result_set(r, IG_STATUS_ERROR, "This container's PID namespace is not known: %s.",
                      q->scene->status_error.text);
        ig_result_fix(r, "Mount /proc in this container.");
        return;
    }
    enum ig_pidns kind = look(q, &pid1);
    ig_result_observed(r, "own pid %u, pid 1 is %s, %s", q->scene->status.pid,
                       pid1.comm.length > 0 ? ig_buf_text(&pid1.comm) : "not visible",
                       pid1.ns_link != NULL ? pid1.ns_link : "namespace link unreadable");
    if (kind == bad && denied(q)) {
        ig_result_set(r, IG_STATUS_FAIL, "%s", words->bad);
        ig_result_fix(r, "%s", words->fix);
    } else if (kind == IG_PIDNS_UNKNOWN && denied(q)) {
        ig_result_set(r, IG_STATUS_ERROR, "Whose PID namespace this is cannot be told: pid 1 is "
                                          "not visible to the gate (hidepid, or it may not read "
                                          "/proc/1).");
        ig_result_fix(r, "Run the gate as the user of pid 1, or do not ask for this check.");
    } else if (kind == IG_PIDNS_UNKNOWN) {
        ig_result_set(r, IG_STATUS_PASS, "Whose PID namespace this is cannot be told, and the "
                                         "policy allows any.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "%s", kind == bad ? words->allowed : words->good);
    }
    forget(&pid1);
}

static void run_shared_pid(const struct ig_question *q, struct ig_result *r)
{
    static const struct pidns_words words = {
        .good = "This container does not share the pod's PID namespace.",
        .bad = "This container shares one PID namespace with the whole pod: its processes can "
               "see, signal and, with equal ids, inspect the others.",
        .allowed = "This container shares the pod's PID namespace, which the policy allows.",
        .fix = "Remove shareProcessNamespace, or say \"sharedPid\": \"any\" if it is meant.",
    };
    judge_pidns(q, r, IG_PIDNS_SHARED, &words);
}

const struct ig_check ig_check_proc_shared_pid = {
    .spec = {.id = "proc.shared_pid",
             .key = "sharedPid",
             .kind = IG_KIND_PROC,
             .summary = "this container does not share the pod's PID namespace",
             .params = params,
             .params_size = sizeof(struct expect_params),
             .on_request = true},
    .means = "With shareProcessNamespace the gate's own pid is not 1, and pid 1 is the pod's pause "
             "process.",
    .matters = "Containers of the pod can then signal each other's processes and read their "
               "command lines; with equal ids they reach each other's files through "
               "/proc/PID/root.",
    .mend = "Remove shareProcessNamespace from the pod, or allow it with \"any\".",
    .needs = needs_mounted,
    .run = run_shared_pid,
};

static void run_host_pid(const struct ig_question *q, struct ig_result *r)
{
    static const struct pidns_words words = {
        .good = "This container is not in the node's PID namespace.",
        .bad = "This container runs in the node's PID namespace: it sees every process of the "
               "node.",
        .allowed = "This container runs in the node's PID namespace, which the policy allows.",
        .fix = "Remove hostPID from the pod.",
    };
    judge_pidns(q, r, IG_PIDNS_OF_HOST, &words);
}

const struct ig_check ig_check_proc_host_pid = {
    .spec = {.id = "proc.host_pid",
             .key = "hostPid",
             .kind = IG_KIND_PROC,
             .summary = "this container is not in the node's PID namespace",
             .params = params,
             .params_size = sizeof(struct expect_params),
             .on_request = true},
    .means = "/proc/self/ns/pid is not the initial namespace (pid:[4026531836]), and pid 1 is "
             "either this container's own or the pod's pause process. On a node that is a "
             "container itself the second sign alone tells.",
    .matters = "With hostPID a container sees every process of the node, their command lines and, "
               "as root, their memory and files.",
    .mend = "Remove hostPID: true from the pod.",
    .needs = needs_mounted,
    .run = run_host_pid,
};
