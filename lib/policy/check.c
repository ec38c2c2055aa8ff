/* SPDX-License-Identifier: Apache-2.0 */
/* ig_policy_check(): what is only seen when the whole policy is there. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "policy/policy.h"
#include "policy/subject.h"
#include "policy/where.h"

struct entry {
    char *plain;
    const struct ig_subject *subject;
    const char *sha256;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = strcmp(x->plain, y->plain);
    /* Subjects lie in the policy's order, by kind. */
    return order != 0 ? order : (x->subject > y->subject) - (x->subject < y->subject);
}

static int check_pair(const struct entry *a, const struct entry *b, struct ig_error *e)
{
    static const char *const families[] = {"binaries", "files", "proc", "volumes"};
    if (strcmp(a->plain, b->plain) != 0) {
        return 0;
    }
    char *shown IG_AUTO_FREE = ig_shown(b->subject->path);
    if (a->subject->kind == b->subject->kind) {
        return ig_error_set(e, 0, "%s: %s is there twice", families[b->subject->kind], shown);
    }
    if (a->sha256 != NULL && b->sha256 != NULL && strcmp(a->sha256, b->sha256) != 0) {
        return ig_error_set(e, 0, "two digests are asked of %s: %s in %s and %s in %s", shown,
                            a->sha256, families[a->subject->kind], b->sha256,
                            families[b->subject->kind]);
    }
    return 0;
}

static int check_entries(struct entry *entries, size_t n, struct ig_error *e)
{
    qsort(entries, n, sizeof *entries, compare);
    for (size_t i = 1; i < n; i++) {
        if (check_pair(&entries[i - 1], &entries[i], e) < 0) {
            return -1;
        }
    }
    return 0;
}

int ig_policy_check(const struct ig_policy *policy, struct ig_error *e)
{
    size_t n = policy->subject_count;
    /* "/proc" is always among the subjects. */
    if (n <= 1 && !policy->proc_given) {
        return ig_error_set(e, 0, "nothing to check: name at least one binary, file or volume, "
                                  "or \"proc\"");
    }
    struct entry *entries IG_AUTO_FREE = ig_alloc_array(n, sizeof *entries);
    for (size_t i = 0; i < n; i++) {
        struct ig_setting *setting = NULL;
        char **sha256 = ig_subject_sha256(&policy->subjects[i], &setting);
        entries[i] = (struct entry){.plain = ig_path_plain(policy->subjects[i].path),
                                    .subject = &policy->subjects[i],
                                    .sha256 = sha256 != NULL ? *sha256 : NULL};
    }
    int result = check_entries(entries, n, e);
    for (size_t i = 0; i < n; i++) {
        free(entries[i].plain);
    }
    return result;
}
