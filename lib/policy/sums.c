/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a checksum file become files of the policy. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/sums.h"
#include "policy/decode.h"
#include "policy/policy.h"
#include "policy/subject.h"

struct entry {
    size_t line;    /* 0: a file that the policy names already, by INDEX */
    size_t index;
    char *name;     /* NULL at line 0 */
    char *plain;    /* name for comparing */
    char *sha256;   /* NULL where that file has none; owned */
    bool dropped;   /* says what an earlier entry says */
};

struct sums {
    struct entry *list;
    size_t count, room;
};

static struct entry *new_entry(struct sums *sums)
{
    if (sums->count == sums->room) {
        sums->room = sums->room * 2 + 16;
        sums->list = ig_realloc_array(sums->list, sums->room, sizeof *sums->list);
    }
    sums->list[sums->count] = (struct entry){0};
    return &sums->list[sums->count++];
}

static void free_sums(struct sums *sums)
{
    for (size_t i = 0; i < sums->count; i++) {
        free(sums->list[i].name);
        free(sums->list[i].plain);
        free(sums->list[i].sha256);
    }
    free(sums->list);
}

static int add_line(struct sums *sums, size_t number, const char *line, struct ig_error *e)
{
    char *name IG_AUTO_FREE = NULL;
    char sha256[IG_SUMS_HEX + 1];
    int status = ig_sums_line(line, number, &name, sha256, e);
    if (status > 0) {
        struct entry *entry = new_entry(sums);
        entry->line = number;
        entry->plain = ig_path_plain(name);
        entry->name = IG_STEAL(name);
        entry->sha256 = ig_strdup(sha256);
    }
    return status;
}

static int add_lines(struct sums *sums, const char *text, size_t length, struct ig_error *e)
{
    size_t number = 0;
    for (const char *p = text; p < text + length;) {
        size_t left = (size_t)(text + length - p);
        const char *newline = memchr(p, '\n', left);
        size_t n = newline != NULL ? (size_t)(newline - p) : left;
        number++;
        if (memchr(p, '\0', n) != NULL) {
            return ig_error_set(e, 0, "line %zu has a NUL byte", number);
        }
        char *line IG_AUTO_FREE = ig_strndup(p, n);
        if (add_line(sums, number, line, e) < 0) {
            return -1;
        }
        p += n + (newline != NULL);
    }
    return sums->count != 0 ? 0 : ig_error_set(e, 0, "the checksum file has no entry");
}

static void add_present(struct sums *sums, const struct ig_policy *policy)
{
    for (size_t i = 0; i < policy->subject_count; i++) {
        const struct ig_subject *subject = &policy->subjects[i];
        if (subject->kind == IG_KIND_FILE) {
            struct ig_setting *setting = NULL;
            char **sha256 = ig_subject_sha256(subject, &setting);
            struct entry *entry = new_entry(sums);
            entry->index = i;
            entry->plain = ig_path_plain(subject->path);
            entry->sha256 = sha256 != NULL && *sha256 != NULL ? ig_strdup(*sha256) : NULL;
        }
    }
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a;
    const struct entry *y = *(struct entry *const *)b;
    int order = strcmp(x->plain, y->plain);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* B is a later line of the checksum file for the same path as A. */
static int merge(struct ig_policy *policy, struct entry *a, struct entry *b, struct ig_error *e)
{
    b->dropped = true;
    if (a->sha256 == NULL) {
        a->sha256 = ig_strdup(b->sha256);
        return ig_subject_set_sha256(&policy->subjects[a->index], b->sha256, e);
    }
    if (strcmp(a->sha256, b->sha256) != 0) {
        char *shown IG_AUTO_FREE = ig_shown(b->name);
        return ig_error_set(e, 0, "line %zu: two digests are asked of %s: %s and %s", b->line,
                            shown, a->sha256, b->sha256);
    }
    return 0;
}

/* Sorting, and not looking up each, keeps long files fast. */
static int merge_all(struct ig_policy *policy, struct sums *sums, struct ig_error *e)
{
    struct entry **sorted IG_AUTO_FREE = ig_alloc_array(sums->count, sizeof *sorted);
    for (size_t i = 0; i < sums->count; i++) {
        sorted[i] = &sums->list[i];
    }
    qsort(sorted, sums->count, sizeof *sorted, compare);
    struct entry *first = sorted[0];
    for (size_t i = 1; i < sums->count; i++) {
        if (strcmp(first->plain, sorted[i]->plain) != 0) {
            first = sorted[i];
        } else if (sorted[i]->line != 0 && merge(policy, first, sorted[i], e) < 0) {
            return -1;
        }
    }
    return 0;
}

static int add_all(struct ig_policy *policy, const struct ig_spec *const *specs,
                   struct sums *sums, const char *text, size_t length, struct ig_error *e)
{
    if (add_lines(sums, text, length, e) < 0) {
        return -1;
    }
    add_present(sums, policy);
    if (merge_all(policy, sums, e) < 0) {
        return -1;
    }
    for (size_t i = 0; i < sums->count; i++) {
        const struct entry *entry = &sums->list[i];
        if (entry->line == 0 || entry->dropped) {
            continue;
        }
        struct ig_subject *subject =
            ig_subject_insert(policy, specs, IG_KIND_FILE, entry->name);
        if (ig_subject_set_sha256(subject, entry->sha256, e) < 0) {
            return -1;
        }
    }
    return 0;
}

int ig_policy_add_sums(struct ig_policy *policy, const struct ig_spec *const *specs,
                       const char *text, size_t length, struct ig_error *e)
{
    struct sums sums = {0};
    int result = add_all(policy, specs, &sums, text, length, e);
    free_sums(&sums);
    return result;
}
