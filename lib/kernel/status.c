/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/status.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

/* Bytes not yet read. */
struct cursor {
    const char *at, *end;
};

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t')) {
        c->at++;
    }
}

static int digit(char letter, unsigned base)
{
    int value = ig_hex_digit(letter);
    return value < (int)base ? value : -1;
}

/* One number of at most MAX, blanks before it passed; it ends at a blank or the end. */
static bool number(struct cursor *c, unsigned base, uint64_t max, uint64_t *value)
{
    skip_blanks(c);
    const char *start = c->at;
    *value = 0;
    for (; c->at < c->end && digit(*c->at, base) >= 0; c->at++) {
        if (__builtin_mul_overflow(*value, (uint64_t)base, value) ||
            __builtin_add_overflow(*value, (uint64_t)digit(*c->at, base), value)) {
            return false;
        }
    }
    return c->at > start && *value <= max && (c->at == c->end || *c->at == ' ' || *c->at == '\t');
}

static bool at_end(struct cursor *c)
{
    skip_blanks(c);
    return c->at == c->end;
}

static bool sole_number(struct cursor *c, unsigned base, uint64_t max, uint64_t *value)
{
    return number(c, base, max, value) && at_end(c);
}

/* A cursor over the first line, without its newline; C then starts at the next. */
static struct cursor take_line(struct cursor *c)
{
    const char *newline = memchr(c->at, '\n', (size_t)(c->end - c->at));
    struct cursor line = {c->at, newline != NULL ? newline : c->end};
    c->at = newline != NULL ? newline + 1 : c->end;
    return line;
}

/* "Uid:" and "Gid:" hold the real, effective, saved and file system id. */
static bool parse_ids(struct cursor *line, uint32_t *effective)
{
    uint64_t ids[4];
    for (size_t i = 0; i < IG_COUNT(ids); i++) {
        if (!number(line, 10, UINT32_MAX, &ids[i])) {
            return false;
        }
    }
    *effective = (uint32_t)ids[1];
    return at_end(line);
}

static bool parse_groups(struct cursor *line, struct ig_cred *cred)
{
    size_t size = 0;
    while (!at_end(line)) {
        uint64_t gid;
        if (!number(line, 10, UINT32_MAX, &gid)) {
            return false;
        }
        if (cred->group_count == size) {
            size = size != 0 ? size * 2 : 16;
            cred->groups = ig_realloc_array(cred->groups, size, sizeof *cred->groups);
        }
        cred->groups[cred->group_count++] = (uint32_t)gid;
    }
    return true;
}

enum key { PID, UID, GID, CAP_EFF, CAP_BND, GROUPS, SECCOMP, NO_NEW_PRIVS, KEYS };
enum { REQUIRED = GROUPS }; /* those before it */

static const char *const key_names[KEYS] = {
    [PID] = "Pid",        [UID] = "Uid",       [GID] = "Gid",
    [CAP_EFF] = "CapEff", [CAP_BND] = "CapBnd", [GROUPS] = "Groups",
    [SECCOMP] = "Seccomp", [NO_NEW_PRIVS] = "NoNewPrivs",
};

static enum key find_key(const char *name, size_t length)
{
    for (unsigned k = 0; k < KEYS; k++) {
        if (strlen(key_names[k]) == length && memcmp(key_names[k], name, length) == 0) {
            return (enum key)k;
        }
    }
    return KEYS;
}

static bool parse_value(enum key key, struct cursor *line, struct ig_status *s)
{
    uint64_t value = 0;
    bool good = true;
    switch (key) {
    case PID:
        good = sole_number(line, 10, UINT32_MAX, &value);
        s->pid = (uint32_t)value;
        return good;
    case UID:
        return parse_ids(line, &s->cred.uid);
    case GID:
        return parse_ids(line, &s->cred.gid);
    case CAP_EFF:
        return sole_number(line, 16, UINT64_MAX, &s->cap_effective);
    case CAP_BND:
        return sole_number(line, 16, UINT64_MAX, &s->cred.caps);
    case GROUPS:
        return parse_groups(line, &s->cred);
    case SECCOMP:
        good = sole_number(line, 10, 2, &value);
        s->seccomp = (int)value;
        return good;
    case NO_NEW_PRIVS:
        good = sole_number(line, 10, 1, &value);
        s->no_new_privs = (int)value;
        return good;
    default:
        return true;
    }
}

int ig_status_parse(const char *text, size_t length, struct ig_status *out, struct ig_error *e)
{
    struct ig_status s = {.seccomp = -1, .no_new_privs = -1};
    struct cursor all = {text, text + length};
    bool seen[KEYS] = {false};
    while (all.at < all.end) {
        struct cursor line = take_line(&all);
        const char *colon = memchr(line.at, ':', (size_t)(line.end - line.at));
        enum key key = colon != NULL ? find_key(line.at, (size_t)(colon - line.at)) : KEYS;
        if (key == KEYS) {
            continue;
        }
        line.at = colon + 1;
        /* The kernel escapes newlines in the process's name, so a second line of one
         * key is no trick of a process; it still cannot be understood. */
        if (seen[key] || !parse_value(key, &line, &s)) {
            ig_status_free(&s);
            return ig_error_set(e, 0, "the line \"%s\" of the process status is malformed",
                                key_names[key]);
        }
        seen[key] = true;
    }
    for (unsigned k = 0; k < REQUIRED; k++) {
        if (!seen[k]) {
            ig_status_free(&s);
            return ig_error_set(e, 0, "the process status has no line \"%s\"", key_names[k]);
        }
    }
    *out = s;
    return 0;
}

void ig_status_free(struct ig_status *status)
{
    free(status->cred.groups);
    status->cred.groups = NULL;
    status->cred.group_count = 0;
}

int ig_idmap_parse(const char *text, size_t length, bool *identity, struct ig_error *e)
{
    struct cursor all = {text, text + length};
    size_t lines = 0;
    bool same = true;
    while (all.at < all.end) {
        struct cursor line = take_line(&all);
        uint64_t inside;
        uint64_t outside;
        uint64_t count;
        lines++;
        if (!number(&line, 10, UINT32_MAX, &inside) || !number(&line, 10, UINT32_MAX, &outside) ||
            !number(&line, 10, UINT32_MAX, &count) || !at_end(&line)) {
            return ig_error_set(e, 0, "line %zu of the id map is malformed", lines);
        }
        same = same && inside == 0 && outside == 0 && count == UINT32_MAX;
    }
    if (lines == 0) {
        return ig_error_set(e, 0, "the id map is empty");
    }
    *identity = same && lines == 1;
    return 0;
}

static unsigned whole_cpus(uint64_t quota, uint64_t period)
{
    if (quota == 0 || period == 0) {
        return 0;
    }
    uint64_t cpus = quota / period + (quota % period != 0);
    return cpus < UINT32_MAX ? (unsigned)cpus : UINT32_MAX;
}

unsigned ig_cpu_max_parse(const char *text, size_t length)
{
    struct cursor all = {text, text + length};
    struct cursor line = take_line(&all);
    uint64_t quota;
    uint64_t period;
    /* "max" is no number: it ends here, as it should. */
    if (!number(&line, 10, UINT64_MAX, &quota) || !sole_number(&line, 10, UINT64_MAX, &period)) {
        return 0;
    }
    return whole_cpus(quota, period);
}

unsigned ig_cpu_quota_parse(const char *quota, const char *period)
{
    struct cursor quota_text = {quota, quota + strlen(quota)};
    struct cursor period_text = {period, period + strlen(period)};
    struct cursor quota_line = take_line(&quota_text);
    struct cursor period_line = take_line(&period_text);
    uint64_t quota_us;
    uint64_t period_us;
    /* "-1", no limit, is no number either. */
    if (!sole_number(&quota_line, 10, UINT64_MAX, &quota_us) ||
        !sole_number(&period_line, 10, UINT64_MAX, &period_us)) {
        return 0;
    }
    return whole_cpus(quota_us, period_us);
}
