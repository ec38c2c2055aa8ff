/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/mountinfo, and what is asked of a listing that was understood. */
#include "fuzz_message.h"
#include "kernel/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_mount(const struct ig_mounts *mounts, const struct ig_mount *m)
{
    const char *rest = NULL;
    require(m->root[0] != '\0' || m->stale);
    require(m->point[0] == '/' && m->options[0] != '\0' && m->fstype[0] != '\0');
    require(m->source != NULL && m->super_options[0] != '\0');
    require(ig_mounts_by_id(mounts, m->id) != NULL);
    const struct ig_mount *on = ig_mounts_on(mounts, m->point);
    require(on != NULL && strcmp(on->point, m->point) == 0);
    char *kind = ig_mount_kubelet_kind(m, &rest);
    require(kind == NULL || (rest > m->root && rest <= m->root + strlen(m->root)));
    free(kind);
    char *value = ig_options_value(m->super_options, "hidepid");
    require(value == NULL || strchr(value, ',') == NULL);
    require(value == NULL || strstr(m->super_options, "hidepid=") != NULL);
    free(value);
    require(!ig_options_have(m->options, "ro") || strstr(m->options, "ro") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_mounts mounts = {0};
    struct ig_error e = {0};
    int result = ig_mounts_parse((const char *)data, size, &mounts, &e);
    check_message(result, &e);
    /* Quadratic: enough of them for the fuzzer, and far more than a pod has. */
    for (size_t i = 0; result == 0 && i < mounts.count && i < 64; i++) {
        check_mount(&mounts, &mounts.list[i]);
    }
    ig_mounts_free(&mounts);
    return 0;
}
