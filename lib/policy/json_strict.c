/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_strict.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

struct scan {
    const char *at, *end, *start;
    unsigned depth;
    struct ig_error *e;
};

static int fault(const struct scan *s, const char *at, const char *what)
{
    size_t line = 1;
    size_t column = 1;
    for (const char *p = s->start; p < at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*p & 0xc0) != 0x80) {
            column++;
        }
    }
    return ig_error_set(s->e, 0, "line %zu, column %zu: %s", line, column, what);
}

/* WHAT was expected where the scan stands. */
static int unexpected(const struct scan *s, const char *what)
{
    char text[160];
    if (s->at == s->end) {
        snprintf(text, sizeof text, "the text ends where %s is expected", what);
    } else {
        unsigned rune;
        size_t n = ig_utf8_decode(s->at, (size_t)(s->end - s->at), &rune);
        struct ig_buf shown IG_AUTO_BUF = {0};
        ig_escape(&shown, s->at, n != 0 ? n : 1);
        snprintf(text, sizeof text, "%s is expected, not '%s'", what, ig_buf_text(&shown));
    }
    return fault(s, s->at, text);
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end && memchr(" \t\r\n", *s->at, 4) != NULL) {
        s->at++;
    }
}

static bool next_is(const struct scan *s, char c)
{
    return s->at < s->end && *s->at == c;
}

static bool next_is_digit(const struct scan *s)
{
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static void skip_digits(struct scan *s)
{
    while (next_is_digit(s)) {
        s->at++;
    }
}

static int scan_number(struct scan *s)
{
    const char *start = s->at;
    s->at += next_is(s, '-');
    if (!next_is_digit(s)) {
        return unexpected(s, "a digit");
    }
    bool zero = *s->at == '0';
    s->at++;
    if (zero && next_is_digit(s)) {
        return fault(s, start, "a number with a leading zero; for a file mode write a string, "
                               "such as \"0644\"");
    }
    skip_digits(s);
    if (next_is(s, '.')) {
        s->at++;
        if (!next_is_digit(s)) {
            return unexpected(s, "a digit");
        }
        skip_digits(s);
    }
    if (next_is(s, 'e') || next_is(s, 'E')) {
        s->at++;
        s->at += next_is(s, '+') || next_is(s, '-');
        if (!next_is_digit(s)) {
            return unexpected(s, "a digit");
        }
        skip_digits(s);
    }
    if (s->at - start > IG_JSON_NUMBER_MAX) {
        return fault(s, start, "a number of more than 32 characters");
    }
    return 0;
}

/* Four hex digits. */
static int scan_unit(struct scan *s, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = NULL;
        if (s->at < s->end) {
            int c = *s->at >= 'A' && *s->at <= 'F' ? *s->at - 'A' + 'a' : *s->at;
            digit = memchr(digits, c, 16);
        }
        if (digit == NULL) {
            return unexpected(s, "a hex digit");
        }
        *unit = *unit << 4 | (unsigned)(digit - digits);
        s->at++;
    }
    return 0;
}

/* Behind "\u". */
static int scan_escaped_rune(struct scan *s)
{
    const char *start = s->at - 2;
    unsigned unit;
    if (scan_unit(s, &unit) < 0) {
        return -1;
    }
    if (unit == 0) {
        return fault(s, start, "a NUL character (\\u0000) in a string");
    }
    bool high = unit >= 0xd800 && unit <= 0xdbff;
    bool low = unit >= 0xdc00 && unit <= 0xdfff;
    if (high && s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == 'u') {
        s->at += 2;
        if (scan_unit(s, &unit) < 0) {
            return -1;
        }
        high = unit < 0xdc00 || unit > 0xdfff;
    }
    return high || low ? fault(s, start, "half of a UTF-16 surrogate pair in a string") : 0;
}

static int scan_escape(struct scan *s)
{
    s->at++;
    if (s->at == s->end || memchr("\"\\/bfnrtu", *s->at, 9) == NULL) {
        return unexpected(s, "one of \"\\/bfnrtu after a backslash");
    }
    s->at++;
    return s->at[-1] == 'u' ? scan_escaped_rune(s) : 0;
}

static int scan_string(struct scan *s)
{
    const char *start = s->at++;
    while (s->at < s->end && *s->at != '"') {
        unsigned rune;
        size_t n = ig_utf8_decode(s->at, (size_t)(s->end - s->at), &rune);
        if (n == 0) {
            return fault(s, s->at, "a byte that is not UTF-8 in a string");
        }
        if (rune < 0x20) {
            return fault(s, s->at, "a raw control character in a string (a quote may be missing); "
                                   "write it as an escape, such as \\n");
        }
        if (rune != '\\') {
            s->at += n;
        } else if (scan_escape(s) < 0) {
            return -1;
        }
    }
    if (s->at == s->end) {
        return fault(s, start, "the string that begins here does not end");
    }
    s->at++;
    return 0;
}

static int scan_value(struct scan *s);

static int scan_member(struct scan *s)
{
    if (!next_is(s, '"')) {
        return unexpected(s, "a key in double quotes");
    }
    if (scan_string(s) < 0) {
        return -1;
    }
    skip_space(s);
    if (!next_is(s, ':')) {
        return unexpected(s, "a colon");
    }
    s->at++;
    return scan_value(s);
}

/* An object (CLOSE is '}') or an array (']'), up to the closing bracket. */
static int scan_list(struct scan *s, char close)
{
    if (s->depth == IG_JSON_DEPTH_MAX) {
        return fault(s, s->at, "more than 32 levels of nesting");
    }
    s->depth++;
    s->at++;
    skip_space(s);
    bool more = !next_is(s, close);
    while (more) {
        if ((close == '}' ? scan_member(s) : scan_value(s)) < 0) {
            return -1;
        }
        skip_space(s);
        more = next_is(s, ',');
        if (more) {
            s->at++;
            skip_space(s);
        } else if (!next_is(s, close)) {
            return unexpected(s, close == '}' ? "a comma or a closing brace"
                                              : "a comma or a closing bracket");
        }
    }
    s->depth--;
    s->at++;
    return 0;
}

static int scan_value(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    skip_space(s);
    if (next_is(s, '{')) {
        return scan_list(s, '}');
    }
    if (next_is(s, '[')) {
        return scan_list(s, ']');
    }
    if (next_is(s, '"')) {
        return scan_string(s);
    }
    if (next_is(s, '-') || next_is_digit(s)) {
        return scan_number(s);
    }
    for (size_t i = 0; i < IG_COUNT(words); i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s->end - s->at) >= n && memcmp(s->at, words[i], n) == 0) {
            s->at += n;
            return 0;
        }
    }
    return unexpected(s, s->depth != 0 ? "a JSON value"
                                       : "JSON (YAML must be rendered first, as Helm's toJson does)");
}

int ig_json_strict(const char *text, size_t length, struct ig_error *e)
{
    struct scan s = {.at = text, .start = text, .end = text + length, .e = e};
    const char *nul = memchr(text, '\0', length);
    if (nul != NULL) {
        return fault(&s, nul, "a NUL byte");
    }
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        return fault(&s, text, "a byte order mark; save the text as UTF-8 without one");
    }
    if (scan_value(&s) < 0) {
        return -1;
    }
    skip_space(&s);
    return s.at == s.end ? 0 : fault(&s, s.at, "text after the end of the JSON value");
}
