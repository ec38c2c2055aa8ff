/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IG_POLICY_CJSON_VERSION_H
#define IG_POLICY_CJSON_VERSION_H

/* "cJSON 1.7.18", static; for `initgate version`. */
const char *ig_cjson_version(void);

#endif
