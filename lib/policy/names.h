/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser and the schema both must know of the policy's frame. */
#ifndef IG_POLICY_NAMES_H
#define IG_POLICY_NAMES_H

#include <stdint.h>

#define IG_POLICY_API_VERSION "initgate.dev/v1"
#define IG_POLICY_KIND "Policy"

/* User and group ids: (uid_t)-1 means "no change" to chown(2) and setuid(2)'s
 * relatives and is no id. */
#define IG_POLICY_ID_MAX UINT64_C(4294967294)

#endif
