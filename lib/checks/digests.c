/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/digests.h"

#include <errno.h>
#include <string.h>

#include "crypto/digest.h"

static void say_unreadable(const char *whose, const struct ig_error *e, struct ig_result *r)
{
    ig_result_set(r, IG_STATUS_ERROR, "%s content cannot be read: %s.", whose, e->text);
    ig_result_fix(r, e->number == EACCES
                         ? "Run the gate as a user that may read it, for instance the main "
                           "container's."
                         : "See what keeps it from being read; nothing is known of its content.");
}

void ig_judge_digest(const struct ig_question *q, const char *whose, struct ig_result *r)
{
    const struct ig_digest_params *params = q->setting->params;
    const struct ig_meta *meta = ig_target_meta(q->target);
    struct ig_sha256 digest;
    struct ig_error e = {0};
    unsigned long long size = 0;
    if (params->sha256 == NULL) {
        ig_result_set(r, IG_STATUS_SKIP, "%s content was not compared: no digest was given.",
                      whose);
        ig_result_fix(r, "Give its sha256 (`initgate measure` prints it).");
        return;
    }
    if (q->target->fd < 0) {
        say_unreadable(whose, &q->target->unread, r);
        return;
    }
    struct ig_scene *scene = (struct ig_scene *)q->scene;
    atomic_fetch_add(&scene->files_total, 1);
    atomic_fetch_add(&scene->bytes_total, meta->size);
    if (ig_sha256_fd(q->target->fd, meta->size, &scene->progress, &digest, &size, &e) != 0) {
        say_unreadable(whose, &e, r);
        return;
    }
    atomic_fetch_add(&scene->files, 1);
    char hex[IG_SHA256_HEX + 1];
    ig_sha256_hex(&digest, hex);
    ig_result_expected(r, "%s", params->sha256);
    ig_result_observed(r, "%s", hex);
    if (size != meta->size) {
        ig_result_set(r, IG_STATUS_ERROR, "%s size changed while it was read: %s%llu bytes came, "
                                          "%llu were expected.", whose,
                      size > meta->size ? "at least " : "", size, (unsigned long long)meta->size);
        ig_result_fix(r, "Let nobody write the file while the pod starts.");
    } else if (strcmp(hex, params->sha256) != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "%s SHA256 is %s, expected %s.", whose, hex,
                      params->sha256);
        ig_result_fix(r, "Deliver the file that was built, or, if the change is known and meant, "
                         "put its new digest into the policy.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "%s SHA256 is the expected one.", whose);
    }
}
