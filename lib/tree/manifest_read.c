/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "core/mem.h"
#include "core/sums.h"
#include "core/text.h"
#include "tree/manifest.h"

/* A path of IG_TREE_DEPTH_MAX names and its target, every byte escaped. */
enum { LINE_MAX_BYTES = 8 << 20, FIELDS = 7 };

static const char header[] = "initgate-tree 1";

/* Lower case only: one digest, one form. By table, since a branch on random digits is guessed wrong
 * every other time, which took half the time of a line. */
static int hex_digit(char c)
{
    static const uint8_t plus_one[UCHAR_MAX + 1] = {
        ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
        ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15,
        ['f'] = 16};
    return plus_one[(unsigned char)c] - 1;
}

static bool parse_hex(const char *text, uint8_t *out, size_t most, size_t *size)
{
    size_t n = strlen(text);
    if (n == 0 || n % 2 != 0 || n / 2 > most) {
        return false;
    }
    for (size_t i = 0; i < n / 2; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    *size = n / 2;
    return true;
}

/* In place. Only what must be escaped may be: one text, one form. */
static bool unescape(char *text)
{
    char *out = text;
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '\\') {
            if (strspn(p + 1, "01234567") < 3 || p[1] > '3') {
                return false;
            }
            c = (unsigned char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
            if (c == 0 || (c > 0x20 && c != 0x7f && c != '\\')) {
                return false;
            }
            p += 3;
        } else if (c < 0x20 || c == 0x7f) {
            return false;
        }
        *out++ = (char)c;
    }
    *out = '\0';
    return true;
}

/* Components between single slashes, none of them "", "." or "..". */
static bool stays_inside(const char *path)
{
    for (;; path++) {
        size_t n = strcspn(path, "/");
        if (n == 0 || (n == 1 && *path == '.') || (n == 2 && memcmp(path, "..", 2) == 0)) {
            return false;
        }
        path += n;
        if (*path == '\0') {
            return true;
        }
    }
}

/* "A:B" */
static bool parse_pair(char *text, uint32_t *a, uint32_t *b)
{
    unsigned long long x;
    unsigned long long y;
    char *colon = strchr(text, ':');
    if (colon == NULL) {
        return false;
    }
    *colon = '\0';
    bool good = ig_parse_uint(text, UINT32_MAX, &x) && ig_parse_uint(colon + 1, UINT32_MAX, &y);
    if (good) {
        *a = (uint32_t)x;
        *b = (uint32_t)y;
    }
    return good;
}

static bool is_none(const char *field)
{
    return strcmp(field, "-") == 0;
}

static bool parse_mode(const char *field, bool none, uint32_t *mode)
{
    if (none) {
        return is_none(field);
    }
    if (strspn(field, "01234567") != 4 || field[4] != '\0') {
        return false;
    }
    *mode = (uint32_t)((field[0] - '0') << 9 | (field[1] - '0') << 6 | (field[2] - '0') << 3 |
                       (field[3] - '0'));
    return true;
}

/* Size and digest of a file; a device's numbers; nothing. */
static bool parse_content(struct ig_manifest_line *line, char *size, const char *digest)
{
    unsigned long long value;
    size_t n = 0;
    if (line->type == 'f') {
        if (!ig_parse_uint(size, UINT64_MAX, &value)) {
            return false;
        }
        line->size = value;
        return parse_hex(digest, line->digest, sizeof line->digest, &n) &&
               n == sizeof line->digest;
    }
    if (line->type == 'b' || line->type == 'c') {
        return parse_pair(size, &line->rdev_major, &line->rdev_minor) && is_none(digest);
    }
    return is_none(size) && is_none(digest);
}

static const char *parse_fields(const struct ig_manifest_parser *p, char *fields[FIELDS],
                                struct ig_manifest_line *line)
{
    line->type = fields[0][0];
    if (line->type == '\0' || strchr("fdlpsbc", line->type) == NULL || fields[0][1] != '\0') {
        return "begins with no type (f d l p s b c)";
    }
    if (!parse_mode(fields[1], line->type == 'l' || (p->without & IG_WITHOUT_MODE) != 0,
                    &line->mode)) {
        return "has a mode that is none";
    }
    if ((p->without & IG_WITHOUT_OWNER) != 0 ? !is_none(fields[2])
                                             : !parse_pair(fields[2], &line->uid, &line->gid)) {
        return "has an owner that is none";
    }
    if (!parse_content(line, fields[3], fields[4])) {
        return "has a size or digest that is none";
    }
    if (!is_none(fields[5]) &&
        (line->type != 'f' || !parse_hex(fields[5], line->capability, sizeof line->capability,
                                         &line->capability_size))) {
        return "has a file capability that is none";
    }
    return NULL;
}

/* What is wrong with it, or NULL. */
static const char *parse_own(const struct ig_manifest_parser *p, char *text,
                             struct ig_manifest_line *line)
{
    char *fields[FIELDS];
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = text;
        size_t n = strcspn(text, " ");
        if (text[n] == '\0' && i < FIELDS - 1) {
            return "is cut short";
        }
        text += n;
        if (*text != '\0') {
            *text++ = '\0';
        }
    }
    const char *fault = parse_fields(p, fields, line);
    if (fault != NULL) {
        return fault;
    }
    if (line->type == 'l') {
        if (strncmp(text, "-> ", 3) != 0 || text[3] == '\0' || strchr(text + 3, ' ') != NULL) {
            return "has no symlink target";
        }
        line->target = text + 3;
    } else if (*text != '\0') {
        return "has text behind its path";
    }
    if (!unescape(fields[6]) || (line->target != NULL && !unescape(text + 3))) {
        return "has an escape that is none";
    }
    line->path = fields[6];
    return NULL;
}

static int fault_of(const struct ig_manifest_parser *p, const char *fault, const char *path,
                    struct ig_error *e)
{
    IG_AUTO_FREE char *shown = path != NULL ? ig_escaped(path) : NULL;
    return ig_error_set(e, 0, "line %zu %s%s%s", p->number, fault, shown != NULL ? ": " : "",
                        shown != NULL ? shown : "");
}

static int take_own(struct ig_manifest_parser *p, char *text, struct ig_error *e)
{
    struct ig_manifest_line line = {.number = p->number};
    const char *fault = parse_own(p, text, &line);
    if (fault != NULL) {
        return fault_of(p, fault, NULL, e);
    }
    if (!stays_inside(line.path)) {
        return fault_of(p, "has a path that leads outside, or is not plain", line.path, e);
    }
    int order = p->entries > 0 ? strcmp(ig_buf_text(&p->last), line.path) : -1;
    if (order == 0) {
        return fault_of(p, "repeats a path", line.path, e);
    }
    if (order > 0) {
        return fault_of(p, "is out of order (LC_ALL=C)", line.path, e);
    }
    p->last.length = 0;
    ig_buf_adds(&p->last, line.path);
    p->entries++;
    return p->entry(p->context, &line, e);
}

static int take_sums(struct ig_manifest_parser *p, const char *text, struct ig_error *e)
{
    struct ig_manifest_line line = {.number = p->number, .type = 'f'};
    IG_AUTO_FREE char *name = NULL;
    char hex[IG_SUMS_HEX + 1];
    size_t size = 0;
    int status = ig_sums_line(text, p->number, &name, hex, e);
    if (status <= 0) {
        return status;
    }
    line.path = name;
    while (strncmp(line.path, "./", 2) == 0) {
        line.path += 2;
    }
    if (!stays_inside(line.path)) {
        return fault_of(p, "has a path that leads outside, or is not plain", name, e);
    }
    if (!parse_hex(hex, line.digest, sizeof line.digest, &size)) {
        return fault_of(p, "has no digest", NULL, e);
    }
    p->entries++;
    return p->entry(p->context, &line, e);
}

/* "initgate-tree 1[ without[ owner][ mode]]"; anything else is a checksum file's first line. */
static int take_first(struct ig_manifest_parser *p, const char *text, struct ig_error *e)
{
    static const char *const rests[] = {"", " without owner", " without mode",
                                        " without owner mode"};
    size_t n = strlen("initgate-tree");
    if (strncmp(text, header, n) != 0) {
        p->form = IG_MANIFEST_SUMS;
        return take_sums(p, text, e);
    }
    p->form = IG_MANIFEST_OWN;
    for (unsigned i = 0; i < IG_COUNT(rests); i++) {
        if (strncmp(text, header, sizeof header - 1) == 0 &&
            strcmp(text + sizeof header - 1, rests[i]) == 0) {
            p->without = i;
            return 0;
        }
    }
    return fault_of(p, "is a header of a form that this release does not know", NULL, e);
}

static int take_line(struct ig_manifest_parser *p, char *text, size_t length, struct ig_error *e)
{
    p->number++;
    if (memchr(text, '\0', length) != NULL) {
        return fault_of(p, "has a NUL byte", NULL, e);
    }
    if (p->form == IG_MANIFEST_UNKNOWN) {
        return take_first(p, text, e);
    }
    return p->form == IG_MANIFEST_OWN ? take_own(p, text, e) : take_sums(p, text, e);
}

int ig_manifest_add(struct ig_manifest_parser *p, const char *data, size_t size,
                    struct ig_error *e)
{
    while (size > 0) {
        const char *newline = memchr(data, '\n', size);
        size_t n = newline != NULL ? (size_t)(newline - data) : size;
        if (p->rest.length + n > LINE_MAX_BYTES) {
            p->number++;
            return fault_of(p, "is longer than any path", NULL, e);
        }
        /* Of an empty line too there must be a text. */
        *ig_buf_reserve(&p->rest, n) = '\0';
        ig_buf_add(&p->rest, data, n);
        data += n;
        size -= n;
        if (newline != NULL) {
            data++;
            size--;
            if (take_line(p, p->rest.data, p->rest.length, e) != 0) {
                return -1;
            }
            p->rest.length = 0;
        }
    }
    return 0;
}

int ig_manifest_end(struct ig_manifest_parser *p, struct ig_error *e)
{
    if (p->rest.length > 0) {
        p->number++;
        return fault_of(p, "is cut short: it has no end of line", NULL, e);
    }
    if (p->form != IG_MANIFEST_OWN && p->entries == 0) {
        return ig_error_set(e, 0, "it has no entry");
    }
    return 0;
}

void ig_manifest_free(struct ig_manifest_parser *p)
{
    ig_buf_free(&p->rest);
    ig_buf_free(&p->last);
}
