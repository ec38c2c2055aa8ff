/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/procfs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* The names under which runtimes start the process that holds a pod's namespaces: Kubernetes'
 * pause image, CRI-O's and OpenShift's pod, Podman's catatonit -P. */
static bool is_pause(const struct ig_pidns_facts *facts)
{
    const char *comm = facts->pid1_comm;
    const char *command = facts->pid1_cmdline != NULL ? facts->pid1_cmdline : "";
    const char *slash = strrchr(command, '/');
    const char *base = slash != NULL ? slash + 1 : command;
    if (comm == NULL) {
        return false;
    }
    if (strcmp(comm, "catatonit") == 0) {
        return facts->pid1_args != NULL && strncmp(facts->pid1_args, "-P", 2) == 0;
    }
    return (strcmp(comm, "pause") == 0 || strcmp(comm, "pod") == 0) && strcmp(base, comm) == 0;
}

enum ig_pidns ig_pidns_judge(const struct ig_pidns_facts *facts)
{
    if (facts->ns_link != NULL && strcmp(facts->ns_link, IG_PIDNS_HOST) == 0) {
        return IG_PIDNS_OF_HOST;
    }
    if (facts->own_pid == 1) {
        return IG_PIDNS_OWN;
    }
    if (facts->ns_link == NULL || facts->pid1_comm == NULL) {
        return IG_PIDNS_UNKNOWN;
    }
    if (is_pause(facts)) {
        return IG_PIDNS_SHARED;
    }
    if (facts->own_cgroup == NULL || facts->pid1_cgroup == NULL) {
        return IG_PIDNS_UNKNOWN;
    }
    return strcmp(facts->own_cgroup, facts->pid1_cgroup) == 0 ? IG_PIDNS_OWN : IG_PIDNS_OF_HOST;
}

static bool below_proc(const struct ig_mount *mount)
{
    return strncmp(mount->point, "/proc/", 6) == 0;
}

bool ig_proc_is_mask(const struct ig_mount *mount)
{
    bool read_only = ig_options_have(mount->options, "ro");
    if (strcmp(mount->fstype, "proc") == 0) {
        return read_only && strcmp(mount->root, "/") != 0;
    }
    return strcmp(mount->root, "/null") == 0 ||
           (read_only && strcmp(mount->fstype, "tmpfs") == 0);
}

bool ig_proc_masked(const struct ig_mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++) {
        if (below_proc(&mounts->list[i]) && ig_proc_is_mask(&mounts->list[i])) {
            return true;
        }
    }
    return false;
}

bool ig_proc_privileged(const struct ig_mounts *mounts, const struct ig_status *status)
{
    uint64_t caps = status->cred.caps | status->cap_effective;
    return !ig_proc_masked(mounts) && status->seccomp <= 0 && (caps >> IG_CAP_SYS_ADMIN & 1) != 0;
}

static bool of_a_process(const char *point)
{
    const char *name = point + strlen("/proc/");
    size_t n = strcspn(name, "/");
    if ((n == 4 && strncmp(name, "self", n) == 0) ||
        (n == 11 && strncmp(name, "thread-self", n) == 0)) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)name[i])) {
            return false;
        }
    }
    return n > 0;
}

const struct ig_mount *ig_proc_overmount(const struct ig_mounts *mounts, struct ig_buf *others)
{
    for (size_t i = 0; i < mounts->count; i++) {
        const struct ig_mount *mount = &mounts->list[i];
        if (strcmp(mount->point, "/proc") == 0 && strcmp(mount->fstype, "proc") != 0) {
            return mount;
        }
        if (!below_proc(mount)) {
            continue;
        }
        if (of_a_process(mount->point)) {
            return mount;
        }
        if (others != NULL) {
            ig_buf_addf(others, "%s%s", others->length > 0 ? " " : "", mount->point);
        }
    }
    return NULL;
}

static const struct {
    enum ig_hidepid value;
    const char *number, *word;
} hidepids[] = {
    {IG_HIDEPID_OFF, "0", "off"},
    {IG_HIDEPID_NOACCESS, "1", "noaccess"},
    {IG_HIDEPID_INVISIBLE, "2", "invisible"},
    {IG_HIDEPID_PTRACEABLE, "4", "ptraceable"},
};

enum ig_hidepid ig_hidepid_parse(const char *super_options)
{
    IG_AUTO_FREE char *value = ig_options_value(super_options, "hidepid");
    if (value == NULL) {
        return IG_HIDEPID_OFF;
    }
    for (size_t i = 0; i < IG_COUNT(hidepids); i++) {
        if (strcmp(value, hidepids[i].number) == 0 || strcmp(value, hidepids[i].word) == 0) {
            return hidepids[i].value;
        }
    }
    return IG_HIDEPID_UNKNOWN;
}

const char *ig_hidepid_name(enum ig_hidepid value)
{
    for (size_t i = 0; i < IG_COUNT(hidepids); i++) {
        if (hidepids[i].value == value) {
            return hidepids[i].word;
        }
    }
    return "unknown";
}
