/* SPDX-License-Identifier: Apache-2.0 */
/* A policy's text with the real checks' tables. */
#include "checks/check.h"
#include "fuzz_message.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_policy *policy = NULL;
    struct ig_error e = {0};
    int result = ig_policy_parse((const char *)data, size, ig_check_specs, &policy, &e);
    check_message(result, &e);
    if ((result == 0) != (policy != NULL)) {
        abort();
    }
    if (policy != NULL) {
        result = ig_policy_check(policy, &e);
        check_message(result, &e);
    }
    ig_policy_free(policy);
    return 0;
}
