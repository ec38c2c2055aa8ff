/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cjson_version.h"

#include <cjson/cJSON.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *ig_cjson_version(void)
{
    return "cJSON " TEXT(CJSON_VERSION_MAJOR) "." TEXT(CJSON_VERSION_MINOR) "." TEXT(
        CJSON_VERSION_PATCH);
}
