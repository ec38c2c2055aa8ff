/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "checks/digests.h"

static const struct ig_param params[] = {
    {.name = "sha256",
     .type = IG_TYPE_SHA256,
     .offset = offsetof(struct ig_digest_params, sha256),
     .short_form = true,
     .summary = "the SHA256 of the file, 64 hex digits"},
    {0},
};

static void run(const struct ig_question *q, struct ig_result *r)
{
    ig_judge_digest(q, "The program's", r);
}

static const char *const needs[] = {"binary.file", NULL};

const struct ig_check ig_check_binary_sha256 = {
    .spec = {.id = "binary.sha256",
             .key = "sha256",
             .kind = IG_KIND_BINARY,
             .summary = "the opened file's SHA256 is the expected one",
             .params = params,
             .params_size = sizeof(struct ig_digest_params)},
    .means = "The SHA256 over all bytes of the opened file equals the one that the policy gives. "
             "The same descriptor serves all other checks, and it is looked at again at the end: "
             "a file that changed meanwhile is an error, not a pass. Without an expected digest "
             "the check is skipped and says so.",
    .matters = "It is the only proof that what will run is what was built: a tag may move, a copy "
               "may be cut short, a volume may hold yesterday's program or another's.",
    .mend = "Deliver the program that was built. If the new one is right, put its digest into the "
            "policy: `initgate measure PATH` prints it. Never copy the observed digest from a "
            "blocked pod without knowing where the change came from.",
    .needs = needs,
    .run = run,
};
