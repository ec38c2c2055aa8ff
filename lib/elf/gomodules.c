/* SPDX-License-Identifier: Apache-2.0 */
/* Go: src/runtime/debug/mod.go ParseBuildInfo(), src/strconv/quote.go Unquote(). */
#include <stdint.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"
#include "elf/gobuild_priv.h"

/* Part of the text; not NUL-terminated. */
struct span {
    const char *at;
    size_t length;
};

struct parser {
    struct ig_go_info *out;
    struct ig_go_module *last;  /* what a "=>" line replaces */
    size_t line;
    size_t dep_room, setting_room;
};

static bool fault(struct parser *p, const char *text)
{
    p->out->fault = ig_format("line %zu of its module text: %s", p->line, text);
    return false;
}

static bool cut_prefix(struct span *s, const char *prefix)
{
    size_t n = strlen(prefix);
    if (s->length < n || memcmp(s->at, prefix, n) != 0) {
        return false;
    }
    *s = (struct span){s->at + n, s->length - n};
    return true;
}

static char *copy(struct span s)
{
    return ig_strndup(s.at, s.length);
}

/* Split at tabs; returns the number of columns, of which the first 3 are kept. */
static size_t columns(struct span s, struct span out[3])
{
    size_t n = 0;
    for (;;) {
        const char *tab = s.length != 0 ? memchr(s.at, '\t', s.length) : NULL;
        size_t length = tab != NULL ? (size_t)(tab - s.at) : s.length;
        if (n < 3) {
            out[n] = (struct span){s.at, length};
        }
        n++;
        if (tab == NULL) {
            return n;
        }
        s = (struct span){tab + 1, s.length - length - 1};
    }
}

static void free_module(struct ig_go_module *m)
{
    free(m->path);
    free(m->version);
    free(m->sum);
    if (m->replace != NULL) {
        free(m->replace->path);
        free(m->replace->version);
        free(m->replace->sum);
        free(m->replace);
    }
    *m = (struct ig_go_module){0};
}

static bool take_module(struct parser *p, struct span s, size_t least, struct ig_go_module *out)
{
    struct span part[3] = {{"", 0}, {"", 0}, {"", 0}};
    size_t n = columns(s, part);
    if (n < least || n > 3) {
        return fault(p, "a module has path, version and sum");
    }
    free_module(out);
    *out = (struct ig_go_module){.path = copy(part[0]), .version = copy(part[1]),
                                 .sum = copy(part[2])};
    return true;
}

static bool take_dep(struct parser *p, struct span s)
{
    struct ig_go_info *out = p->out;
    if (out->dep_count == p->dep_room) {
        p->dep_room = p->dep_room != 0 ? 2 * p->dep_room : 16;
        out->deps = ig_realloc_array(out->deps, p->dep_room, sizeof *out->deps);
    }
    struct ig_go_module *dep = &out->deps[out->dep_count];
    *dep = (struct ig_go_module){0};
    if (!take_module(p, s, 2, dep)) {
        return false;
    }
    out->dep_count++;
    p->last = dep;
    return true;
}

static bool take_replacement(struct parser *p, struct span s)
{
    struct ig_go_module by = {0};
    if (p->last == NULL) {
        return fault(p, "a replacement follows no module");
    }
    if (!take_module(p, s, 3, &by)) {
        return false;
    }
    p->last->replace = ig_alloc(sizeof *p->last->replace);
    *p->last->replace = by;
    p->last = NULL;
    return true;
}

static void add_utf8(struct ig_buf *out, uint32_t rune)
{
    char c[4];
    size_t n = 0;
    if (rune < 0x80) {
        c[n++] = (char)rune;
    } else if (rune < 0x800) {
        c[n++] = (char)(0xc0 | rune >> 6);
    } else if (rune < 0x10000) {
        c[n++] = (char)(0xe0 | rune >> 12);
        c[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
    } else {
        c[n++] = (char)(0xf0 | rune >> 18);
        c[n++] = (char)(0x80 | (rune >> 12 & 0x3f));
        c[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
    }
    if (rune >= 0x80) {
        c[n++] = (char)(0x80 | (rune & 0x3f));
    }
    ig_buf_add(out, c, n);
}

/* DIGITS digits of BASE (8 or 16) off S. */
static bool cut_digits(struct span *s, unsigned digits, unsigned base, uint32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < digits; i++) {
        int digit = s->length > i ? ig_hex_digit(s->at[i]) : -1;
        if (digit < 0 || digit >= (int)base) {
            return false;
        }
        *value = *value * base + (unsigned)digit;
    }
    *s = (struct span){s->at + digits, s->length - digits};
    return true;
}

/* What follows a backslash. */
static bool unescape(struct span *s, struct ig_buf *out)
{
    static const char names[] = "abfnrtv\\\"";
    static const char means[] = "\a\b\f\n\r\t\v\\\"";
    uint32_t value = 0;
    if (s->length == 0) {
        return false;
    }
    char c = *s->at;
    const char *simple = strchr(names, c);
    if (simple != NULL) {
        ig_buf_add(out, &means[simple - names], 1);
        return cut_prefix(s, (char[]){c, '\0'});
    }
    if (c >= '0' && c <= '7') {
        if (!cut_digits(s, 3, 8, &value) || value == 0 || value > 255) {
            return false;
        }
        ig_buf_add(out, &(char){(char)value}, 1);
        return true;
    }
    *s = (struct span){s->at + 1, s->length - 1};
    if (!((c == 'x' && cut_digits(s, 2, 16, &value)) ||
          (c == 'u' && cut_digits(s, 4, 16, &value)) ||
          (c == 'U' && cut_digits(s, 8, 16, &value))) ||
        value == 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000 && c != 'x')) {
        return false;
    }
    if (c == 'x') {
        ig_buf_add(out, &(char){(char)value}, 1);
    } else {
        add_utf8(out, value);
    }
    return true;
}

/* A Go string literal off the start of S, quoted by " or `. A NUL, which Go would take, is refused
 * as well: our strings end there. */
static bool cut_quoted(struct span *s, char **text)
{
    struct ig_buf value IG_AUTO_BUF = {0};
    char quote = *s->at;
    struct span rest = {s->at + 1, s->length - 1};
    while (rest.length != 0) {
        char c = *rest.at;
        rest = (struct span){rest.at + 1, rest.length - 1};
        if (c == quote) {
            *text = ig_buf_steal(&value);
            *s = rest;
            return true;
        }
        if (c == '\\' && quote == '"') {
            if (!unescape(&rest, &value)) {
                return false;
            }
        } else if (c != '\r' || quote == '"') {
            ig_buf_add(&value, &c, 1);
        }
    }
    return false;
}

static bool has_any(struct span s, const char *set)
{
    for (size_t i = 0; i < s.length; i++) {
        if (strchr(set, s.at[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool quoted(struct span s)
{
    return s.length != 0 && (*s.at == '"' || *s.at == '`');
}

static bool take_key(struct parser *p, struct span *s, char **key)
{
    if (quoted(*s)) {
        return (cut_quoted(s, key) && cut_prefix(s, "=")) ||
               fault(p, "a quoted key of a build setting cannot be read");
    }
    const char *equals = s->length != 0 ? memchr(s->at, '=', s->length) : NULL;
    if (equals == NULL || equals == s->at) {
        return fault(p, "a build setting is KEY=VALUE");
    }
    struct span part = {s->at, (size_t)(equals - s->at)};
    if (has_any(part, "= \t\r\n\"`")) {
        return fault(p, "a key of a build setting lacks its quotes");
    }
    *key = copy(part);
    *s = (struct span){equals + 1, s->length - part.length - 1};
    return true;
}

static bool take_value(struct parser *p, struct span s, char **value)
{
    if (quoted(s)) {
        return (cut_quoted(&s, value) && s.length == 0) ||
               fault(p, "a quoted value of a build setting cannot be read");
    }
    if (has_any(s, " \t\r\n\"`")) {
        return fault(p, "a value of a build setting lacks its quotes");
    }
    *value = copy(s);
    return true;
}

static bool take_setting(struct parser *p, struct span s)
{
    struct ig_go_info *out = p->out;
    IG_AUTO_FREE char *key = NULL;
    IG_AUTO_FREE char *value = NULL;
    if (!take_key(p, &s, &key) || !take_value(p, s, &value)) {
        return false;
    }
    if (out->setting_count == p->setting_room) {
        p->setting_room = p->setting_room != 0 ? 2 * p->setting_room : 16;
        out->settings = ig_realloc_array(out->settings, p->setting_room, sizeof *out->settings);
    }
    out->settings[out->setting_count++] = (struct ig_go_setting){IG_STEAL(key), IG_STEAL(value)};
    return true;
}

/* Lines of other words are for later Go releases: passed over, as Go does. */
static bool take_line(struct parser *p, struct span s)
{
    if (cut_prefix(&s, "path\t")) {
        free(p->out->path);
        p->out->path = copy(s);
        return true;
    }
    if (cut_prefix(&s, "mod\t")) {
        p->last = &p->out->main;
        p->out->has_main = take_module(p, s, 2, &p->out->main);
        return p->out->has_main;
    }
    if (cut_prefix(&s, "dep\t")) {
        return take_dep(p, s);
    }
    if (cut_prefix(&s, "=>\t")) {
        return take_replacement(p, s);
    }
    return cut_prefix(&s, "build\t") ? take_setting(p, s) : true;
}

bool ig_go_modules_parse(const char *text, size_t length, struct ig_go_info *out)
{
    struct parser p = {.out = out};
    for (const char *end; length != 0 && (end = memchr(text, '\n', length)) != NULL;) {
        size_t n = (size_t)(end - text);
        p.line++;
        if (!take_line(&p, (struct span){text, n})) {
            return false;
        }
        text += n + 1;
        length -= n + 1;
    }
    return true;
}

const char *ig_go_setting(const struct ig_go_info *info, const char *key)
{
    for (size_t i = 0; i < info->setting_count; i++) {
        if (strcmp(info->settings[i].key, key) == 0) {
            return info->settings[i].value;
        }
    }
    return NULL;
}

void ig_go_info_free(struct ig_go_info *info)
{
    free(info->fault);
    free(info->version);
    free(info->path);
    free_module(&info->main);
    for (size_t i = 0; i < info->dep_count; i++) {
        free_module(&info->deps[i]);
    }
    free(info->deps);
    for (size_t i = 0; i < info->setting_count; i++) {
        free(info->settings[i].key);
        free(info->settings[i].value);
    }
    free(info->settings);
    *info = (struct ig_go_info){0};
}
