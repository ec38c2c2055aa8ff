/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/mountinfo.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* What is left of one line. */
struct cursor {
    const char *at, *end;
};

/* The next field, up to a space or the end; the space is passed. */
static bool field(struct cursor *c, const char **start, size_t *length)
{
    if (c->at == NULL) {
        return false;
    }
    const char *space = memchr(c->at, ' ', (size_t)(c->end - c->at));
    *start = c->at;
    *length = (size_t)((space != NULL ? space : c->end) - c->at);
    c->at = space != NULL ? space + 1 : NULL;
    return true;
}

static bool number(const char **at, const char *end, uint64_t *value)
{
    const char *start = *at;
    *value = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        if (__builtin_mul_overflow(*value, UINT64_C(10), value) ||
            __builtin_add_overflow(*value, (uint64_t)(**at - '0'), value)) {
            return false;
        }
    }
    return *at > start;
}

static bool id_field(struct cursor *c, uint64_t *value)
{
    const char *start;
    size_t length;
    if (!field(c, &start, &length)) {
        return false;
    }
    const char *end = start + length;
    return number(&start, end, value) && start == end;
}

static bool device_field(struct cursor *c, struct ig_mount *m)
{
    const char *at;
    size_t length;
    if (!field(c, &at, &length)) {
        return false;
    }
    const char *end = at + length;
    uint64_t major;
    uint64_t minor;
    if (!number(&at, end, &major) || at == end || *at++ != ':' || !number(&at, end, &minor) ||
        at != end || major > UINT32_MAX || minor > UINT32_MAX) {
        return false;
    }
    m->major = (unsigned)major;
    m->minor = (unsigned)minor;
    return true;
}

static bool octal(const char *at, const char *end, unsigned *value)
{
    if (end - at < 3) {
        return false;
    }
    *value = 0;
    for (int i = 0; i < 3; i++) {
        if (at[i] < '0' || at[i] > '7') {
            return false;
        }
        *value = *value << 3 | (unsigned)(at[i] - '0');
    }
    return *value > 0 && *value <= 0xff;
}

/* A field with the escapes of seq_escape() undone: the kernel writes space, tab,
 * newline and backslash as \ooo, so any other backslash is not its hand. */
static bool escaped_field(struct cursor *c, struct ig_arena *memory, char **text)
{
    const char *start;
    size_t length;
    if (!field(c, &start, &length) || length == 0) {
        return false;
    }
    const char *end = start + length;
    char *out = ig_arena_text(memory, start, length);
    *text = out;
    while (start < end) {
        unsigned value;
        if (*start != '\\') {
            *out++ = *start++;
        } else if (octal(start + 1, end, &value)) {
            *out++ = (char)value;
            start += 4;
        } else {
            return false;
        }
    }
    *out = '\0';
    return true;
}

static bool plain_field(struct cursor *c, struct ig_arena *memory, char **text)
{
    const char *start;
    size_t length;
    if (!field(c, &start, &length) || length == 0) {
        return false;
    }
    *text = ig_arena_text(memory, start, length);
    return true;
}

/* "shared:1 master:2 -": of no use here, but where they end matters. */
static bool skip_optional(struct cursor *c)
{
    const char *start;
    size_t length;
    while (field(c, &start, &length)) {
        if (length == 1 && *start == '-') {
            return true;
        }
    }
    return false;
}

/* mount(2) takes an empty source, and the kernel then writes an empty field. A
 * source or option that a file system wrote without escaping is kept as it is. */
static bool source_and_options(struct cursor *c, struct ig_arena *memory, struct ig_mount *m)
{
    const char *start;
    size_t length;
    if (!field(c, &start, &length) || c->at == NULL || c->at == c->end) {
        return false;
    }
    m->source = ig_arena_text(memory, start, length);
    m->super_options = ig_arena_text(memory, c->at, (size_t)(c->end - c->at));
    return true;
}

static void note_stale(struct ig_mount *m)
{
    /* dentry_path() appends this to an unlinked dentry. No name can forge it: "//" is
     * in no path. */
    static const char mark[] = "//deleted";
    size_t length = strlen(m->root);
    if (length >= sizeof mark - 1 && strcmp(m->root + length - (sizeof mark - 1), mark) == 0) {
        m->root[length - (sizeof mark - 1)] = '\0';
        m->stale = true;
    }
}

static bool parse_line(const char *line, size_t length, struct ig_arena *memory,
                       struct ig_mount *m)
{
    struct cursor c = {line, line + length};
    *m = (struct ig_mount){0};
    if (memchr(line, '\0', length) == NULL && id_field(&c, &m->id) && id_field(&c, &m->parent) &&
        device_field(&c, m) && escaped_field(&c, memory, &m->root) &&
        escaped_field(&c, memory, &m->point) && m->point[0] == '/' && plain_field(&c, memory, &m->options) && skip_optional(&c) &&
        plain_field(&c, memory, &m->fstype) && source_and_options(&c, memory, m)) {
        note_stale(m);
        return true;
    }
    return false;
}

int ig_mounts_parse(const char *text, size_t length, struct ig_mounts *out, struct ig_error *e)
{
    struct ig_mounts mounts = {0};
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        struct ig_mount mount;
        /* A last line without a newline is a listing that was cut. */
        if (end == NULL || !parse_line(text + at, (size_t)(end - (text + at)),
                                       &mounts.memory, &mount)) {
            size_t line = mounts.count + 1;
            ig_mounts_free(&mounts);
            return ig_error_set(e, 0, "mountinfo line %zu is %s", line,
                                end == NULL ? "cut short" : "not in mountinfo's form");
        }
        mounts.list = ig_array_room(mounts.list, mounts.count, sizeof *mounts.list);
        mounts.list[mounts.count++] = mount;
        at = (size_t)(end - text) + 1;
    }
    *out = mounts;
    return 0;
}

void ig_mounts_free(struct ig_mounts *mounts)
{
    ig_arena_free(&mounts->memory);
    free(mounts->list);
    *mounts = (struct ig_mounts){0};
}

const struct ig_mount *ig_mounts_by_id(const struct ig_mounts *mounts, uint64_t id)
{
    for (size_t i = 0; i < mounts->count; i++) {
        if (mounts->list[i].id == id) {
            return &mounts->list[i];
        }
    }
    return NULL;
}

/* What is mounted on M's root, covering it; NULL where nothing is. */
static const struct ig_mount *cover(const struct ig_mounts *mounts, const struct ig_mount *m)
{
    for (size_t i = 0; i < mounts->count; i++) {
        const struct ig_mount *other = &mounts->list[i];
        if (other != m && other->parent == m->id && strcmp(other->point, m->point) == 0) {
            return other;
        }
    }
    return NULL;
}

const struct ig_mount *ig_mounts_on(const struct ig_mounts *mounts, const char *point)
{
    const struct ig_mount *top = NULL;
    for (size_t i = 0; i < mounts->count; i++) {
        if (strcmp(mounts->list[i].point, point) == 0) {
            top = &mounts->list[i];
        }
    }
    /* The list's order is mostly, but not always, that of stacking: a moved mount keeps
     * its place. Bounded, since a listing could be made up as a ring. */
    for (size_t i = 0; top != NULL && i < mounts->count; i++) {
        const struct ig_mount *above = cover(mounts, top);
        if (above == NULL) {
            break;
        }
        top = above;
    }
    return top;
}

const struct ig_mount *ig_mounts_of(const struct ig_mounts *mounts, const char *path)
{
    char *point IG_AUTO_FREE = ig_strdup(path);
    for (size_t n = strlen(point); n > 0; n--) {
        if (n > 1 && point[n] != '\0' && point[n] != '/') {
            continue;
        }
        point[n] = '\0';
        const struct ig_mount *mount = ig_mounts_on(mounts, point);
        if (mount != NULL) {
            return mount;
        }
    }
    return NULL;
}

/* The option at *AT and where the next one starts; false at the end. */
static bool next_option(const char **at, const char **option, size_t *length)
{
    if (**at == '\0') {
        return false;
    }
    *option = *at;
    *length = strcspn(*at, ",");
    *at += *length + ((*at)[*length] == ',');
    return true;
}

bool ig_options_have(const char *options, const char *word)
{
    const char *option;
    size_t length;
    while (next_option(&options, &option, &length)) {
        if (length == strlen(word) && memcmp(option, word, length) == 0) {
            return true;
        }
    }
    return false;
}

char *ig_options_value(const char *options, const char *key)
{
    size_t key_length = strlen(key);
    const char *option;
    size_t length;
    while (next_option(&options, &option, &length)) {
        if (length > key_length && memcmp(option, key, key_length) == 0 &&
            option[key_length] == '=') {
            return ig_strndup(option + key_length + 1, length - key_length - 1);
        }
    }
    return NULL;
}

char *ig_mount_kubelet_kind(const struct ig_mount *mount, const char **rest)
{
    static const char mark[] = "/volumes/kubernetes.io~";
    /* The first: what lies in a volume may well have such a name again. */
    const char *found = strstr(mount->root, mark);
    if (found == NULL) {
        return NULL;
    }
    const char *kind = found + sizeof mark - 1;
    size_t kind_length = strcspn(kind, "/");
    const char *name = kind + kind_length;
    if (kind_length == 0 || name[0] == '\0' || name[1] == '\0' || name[1] == '/') {
        return NULL;
    }
    if (rest != NULL) {
        *rest = name + 1 + strcspn(name + 1, "/");
    }
    return ig_strndup(kind, kind_length);
}
