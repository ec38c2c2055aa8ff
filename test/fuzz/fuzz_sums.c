/* SPDX-License-Identifier: Apache-2.0 */
/* A checksum file, added to a policy that names one of its files already. */
#include "checks/check.h"
#include "fuzz_message.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_policy *policy = ig_policy_new(ig_check_specs);
    struct ig_error e = {0};
    check_message(ig_policy_add(policy, ig_check_specs, IG_KIND_FILE, "./a", NULL, &e), &e);
    int result = ig_policy_add_sums(policy, ig_check_specs, (const char *)data, size, &e);
    check_message(result, &e);
    /* What was accepted holds no path twice: the lines were merged. */
    if (result == 0 && ig_policy_check(policy, &e) < 0) {
        abort();
    }
    ig_policy_free(policy);
    return 0;
}
