/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "policy/decode.h"
#include "policy/names.h"
#include "policy/policy.h"
#include "policy/subject.h"

int ig_policy_add(struct ig_policy *policy, const struct ig_spec *const *specs, enum ig_kind kind,
                  const char *path, const char *sha256, struct ig_error *e)
{
    if (*path == '\0') {
        return ig_error_set(e, 0, "the path is empty");
    }
    char *shown IG_AUTO_FREE = ig_shown(path);
    char *digest IG_AUTO_FREE = NULL;
    if (sha256 != NULL && ig_decode_sha256(sha256, &digest, e) < 0) {
        return ig_error_context(e, "SHA256 of %s", shown);
    }
    struct ig_subject *subject = ig_subject_find(policy, kind, path);
    if (subject == NULL) {
        subject = ig_subject_insert(policy, specs, kind, path);
    }
    struct ig_setting *setting = NULL;
    char **present = ig_subject_sha256(subject, &setting);
    if (digest == NULL || (present != NULL && *present != NULL && strcmp(*present, digest) == 0)) {
        return 0;
    }
    if (present != NULL && *present != NULL) {
        return ig_error_set(e, 0, "two digests are asked of %s: %s and %s", shown, *present,
                            digest);
    }
    return ig_subject_set_sha256(subject, digest, e);
}

void ig_policy_add_scanned(struct ig_policy *policy, const struct ig_spec *const *specs,
                           const char *path, enum ig_scanned scanned)
{
    /* Those that are named come before all that are scanned, of which there may be 100,000. */
    for (size_t i = 0; i < policy->subject_count; i++) {
        const struct ig_subject *s = &policy->subjects[i];
        if (s->kind != IG_KIND_BINARY || s->scanned != IG_SCANNED_NOT) {
            break;
        }
        if (strcmp(s->path, path) == 0) {
            return;
        }
    }
    struct ig_subject *subject = ig_subject_insert(policy, specs, IG_KIND_BINARY, path);
    size_t kept = 0;
    subject->scanned = scanned;
    for (size_t i = 0; i < subject->setting_count; i++) {
        if (subject->settings[i].spec->scanned) {
            subject->settings[kept++] = subject->settings[i];
        } else {
            free(subject->settings[i].params);
        }
    }
    subject->setting_count = kept;
}

/* One id of TEXT, up to END (one of the characters in STOPS). */
static int parse_id(const char **text, const char *stops, uint32_t *out)
{
    size_t n = strcspn(*text, stops);
    char *word IG_AUTO_FREE = ig_strndup(*text, n);
    unsigned long long id;
    if (!ig_parse_uint(word, IG_POLICY_ID_MAX, &id)) {
        return -1;
    }
    *out = (uint32_t)id;
    *text += n;
    return 0;
}

/* "UID:GID[,GID...]" into CRED, whose groups the caller frees. */
static int parse_run_as(const char *text, struct ig_cred *cred)
{
    if (parse_id(&text, ":", &cred->uid) < 0 || *text != ':') {
        return -1;
    }
    text++;
    if (parse_id(&text, ",", &cred->gid) < 0) {
        return -1;
    }
    while (*text == ',') {
        text++;
        cred->groups = ig_realloc_array(cred->groups, cred->group_count + 1, sizeof *cred->groups);
        if (parse_id(&text, ",", &cred->groups[cred->group_count]) < 0) {
            return -1;
        }
        cred->group_count++;
    }
    return 0;
}

static bool includes(const struct ig_cred *all, const struct ig_cred *some)
{
    for (size_t i = 0; i < some->group_count; i++) {
        size_t j = 0;
        while (j < all->group_count && all->groups[j] != some->groups[i]) {
            j++;
        }
        if (j == all->group_count) {
            return false;
        }
    }
    return true;
}

int ig_policy_add_run_as(struct ig_policy *policy, const char *text, struct ig_error *e)
{
    struct ig_cred cred = {.caps = policy->run_as.caps};
    struct ig_cred *has = &policy->run_as;
    char *shown IG_AUTO_FREE = ig_shown(text);
    int result = 0;
    if (parse_run_as(text, &cred) < 0) {
        result = ig_error_set(e, 0, "%s is not UID:GID[,GID...] with ids from 0 to 4294967294",
                              shown);
    } else if (!policy->run_as_set) {
        free(has->groups);
        *has = cred;
        policy->run_as_set = true;
        return 0;
    } else if (has->uid != cred.uid || has->gid != cred.gid) {
        result = ig_error_set(e, 0, "%s contradicts the policy's runAs, which is %u:%u", shown,
                              has->uid, has->gid);
    } else if (cred.group_count != 0 && (!includes(has, &cred) || !includes(&cred, has))) {
        result = ig_error_set(e, 0, "%s contradicts the groups of the policy's runAs", shown);
    }
    free(cred.groups);
    return result;
}
