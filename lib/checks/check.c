/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/check.h"

#include <string.h>

#define IG_CHECK(name) extern const struct ig_check ig_check_##name;
#include "checks/checks.def"
#undef IG_CHECK

const struct ig_check *const ig_checks[] = {
#define IG_CHECK(name) &ig_check_##name,
#include "checks/checks.def"
#undef IG_CHECK
    NULL,
};

const struct ig_spec *const ig_check_specs[] = {
#define IG_CHECK(name) &ig_check_##name.spec,
#include "checks/checks.def"
#undef IG_CHECK
    NULL,
};

const struct ig_check *ig_check_find(const char *id)
{
    for (size_t i = 0; ig_checks[i] != NULL; i++) {
        if (strcmp(ig_checks[i]->spec.id, id) == 0) {
            return ig_checks[i];
        }
    }
    return NULL;
}
