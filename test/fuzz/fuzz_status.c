/* SPDX-License-Identifier: Apache-2.0 */
/* One text, read as each of the small files of /proc and cgroupfs. */
#include "core/mem.h"
#include "fuzz_message.h"
#include "kernel/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct ig_status status = {0};
    struct ig_error e = {0};
    int result = ig_status_parse(text, size, &status, &e);
    check_message(result, &e);
    if (result == 0 && (status.seccomp < -1 || status.seccomp > 2 || status.no_new_privs < -1 ||
                        status.no_new_privs > 1)) {
        abort();
    }
    ig_status_free(&status);

    bool identity = false;
    struct ig_error of_map = {0};
    check_message(ig_idmap_parse(text, size, &identity, &of_map), &of_map);

    char *copy = ig_strndup(text, size);
    unsigned cpus = ig_cpu_quota_parse(copy, "1");
    /* A quota over the shortest period is the most there can be. */
    if (ig_cpu_quota_parse(copy, "2") > cpus) {
        abort();
    }
    free(copy);
    (void)ig_cpu_max_parse(text, size);
    return 0;
}
