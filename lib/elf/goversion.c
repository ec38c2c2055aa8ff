/* SPDX-License-Identifier: Apache-2.0 */
/* Go: src/internal/gover/gover.go and FromToolchain() of src/cmd/go/internal/gover/toolchain.go. */
#include <string.h>

#include "elf/gobuild.h"

/* A part of the version's text; numbers stay text, so that none is too large. */
struct part {
    const char *at;
    size_t length;
};

struct version {
    struct part major, minor, patch, kind, pre;
};

static const struct part zero = {"0", 1};

static int compare_numbers(struct part a, struct part b)
{
    if (a.length != b.length) {
        return a.length < b.length ? -1 : 1;
    }
    int order = a.length == 0 ? 0 : memcmp(a.at, b.at, a.length);
    return order < 0 ? -1 : order > 0;
}

static int compare_words(struct part a, struct part b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    if (order == 0 && a.length != b.length) {
        return a.length < b.length ? -1 : 1;
    }
    return order < 0 ? -1 : order > 0;
}

/* A decimal number without needless zeros off the start of TEXT. */
static bool cut_number(struct part *text, struct part *number)
{
    size_t n = 0;
    while (n < text->length && text->at[n] >= '0' && text->at[n] <= '9') {
        n++;
    }
    if (n == 0 || (text->at[0] == '0' && n != 1)) {
        return false;
    }
    *number = (struct part){text->at, n};
    *text = (struct part){text->at + n, text->length - n};
    return true;
}

static bool cut_char(struct part *text, char c)
{
    if (text->length == 0 || text->at[0] != c) {
        return false;
    }
    *text = (struct part){text->at + 1, text->length - 1};
    return true;
}

/* "rc1", "beta2", "rc". */
static bool parse_prerelease(struct part text, struct version *v)
{
    size_t n = 0;
    while (n < text.length && (text.at[n] < '0' || text.at[n] > '9')) {
        if (text.at[n] < 'a' || text.at[n] > 'z') {
            return false;
        }
        n++;
    }
    if (n == 0) {
        return false;
    }
    v->kind = (struct part){text.at, n};
    text = (struct part){text.at + n, text.length - n};
    return text.length == 0 || (cut_number(&text, &v->pre) && text.length == 0);
}

static bool parse_parts(struct part text, struct version *v)
{
    static const struct part first_with_languages = {"21", 2};
    if (!cut_number(&text, &v->major)) {
        return false;
    }
    if (text.length == 0) {
        v->minor = v->patch = zero;
        return true;
    }
    if (!cut_char(&text, '.') || !cut_number(&text, &v->minor)) {
        return false;
    }
    if (text.length == 0) {
        /* Before 1.21 there was no 1.N.0: 1.N was the release itself. */
        if (compare_numbers(v->minor, first_with_languages) < 0) {
            v->patch = zero;
        }
        return true;
    }
    if (cut_char(&text, '.')) {
        return cut_number(&text, &v->patch) && (text.length == 0 || parse_prerelease(text, v));
    }
    return parse_prerelease(text, v);
}

static struct version parse(const char *text)
{
    static const struct version none;
    struct version v = none;
    if (strncmp(text, "devel ", 6) == 0) {
        text += 6;
    }
    if (strncmp(text, "go", 2) == 0) {
        text += 2;
    }
    if (!parse_parts((struct part){text, strcspn(text, " \t-")}, &v)) {
        return none;
    }
    return v;
}

bool ig_go_version_valid(const char *version)
{
    return parse(version).major.length != 0;
}

int ig_go_version_compare(const char *a, const char *b)
{
    struct version x = parse(a), y = parse(b);
    int order = compare_numbers(x.major, y.major);
    order = order != 0 ? order : compare_numbers(x.minor, y.minor);
    order = order != 0 ? order : compare_numbers(x.patch, y.patch);
    if (order != 0) {
        return order;
    }
    order = compare_words(x.kind, y.kind);
    if (order != 0 && x.patch.length != 0) {
        /* 1.25.1rc1 comes before 1.25.1, while 1.25rc1 comes after the language 1.25. */
        return x.kind.length == 0 ? 1 : y.kind.length == 0 ? -1 : order;
    }
    return order != 0 ? order : compare_numbers(x.pre, y.pre);
}
