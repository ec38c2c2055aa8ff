/* SPDX-License-Identifier: Apache-2.0 */
#include "core/text.h"

#include <ctype.h>
#include <string.h>

#include "core/mem.h"

size_t ig_utf8_decode(const char *s, size_t length, unsigned *rune)
{
    static const struct {
        unsigned char mask, lead;
        unsigned least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    if (length == 0) {
        return 0;
    }
    unsigned char first = (unsigned char)s[0];
    for (size_t n = 1; n <= IG_COUNT(forms); n++) {
        if ((first & forms[n - 1].mask) != forms[n - 1].lead) {
            continue;
        }
        if (n > length) {
            return 0;
        }
        unsigned value = first & (unsigned char)~forms[n - 1].mask;
        for (size_t i = 1; i < n; i++) {
            unsigned char next = (unsigned char)s[i];
            if ((next & 0xc0) != 0x80) {
                return 0;
            }
            value = value << 6 | (next & 0x3fU);
        }
        if (value < forms[n - 1].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
            return 0;
        }
        *rune = value;
        return n;
    }
    return 0;
}

/* UAX #9 controls, zero-width characters, line and paragraph separators, C1, tags; noncharacters
 * (Unicode 23.7), which XML, YAML and many readers refuse. */
bool ig_rune_deceives(unsigned rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune <= 0x9f) || rune == 0xad || rune == 0x61c ||
           rune == 0x180e || (rune >= 0x200b && rune <= 0x200f) ||
           (rune >= 0x2028 && rune <= 0x202e) || (rune >= 0x2060 && rune <= 0x206f) ||
           rune == 0xfeff || (rune >= 0xfff0 && rune <= 0xfffb) ||
           (rune >= 0xe0000 && rune <= 0xe0fff) || (rune >= 0xfdd0 && rune <= 0xfdef) ||
           (rune & 0xfffe) == 0xfffe;
}

static void escape_bytes(struct ig_buf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ig_buf_addf(out, "\\x%02x", (unsigned char)s[i]);
    }
}

/* How many bytes at the start of S stay as they are, without a look at runes: most texts do. */
static size_t plain_length(const char *s, size_t length)
{
    size_t n = 0;
    while (n < length && s[n] >= ' ' && s[n] <= '~' && s[n] != '\\') {
        n++;
    }
    return n;
}

static void escape(struct ig_buf *out, const char *s, size_t length, bool double_backslash)
{
    for (size_t i = 0; i < length;) {
        size_t plain = plain_length(s + i, length - i);
        ig_buf_add(out, s + i, plain);
        i += plain;
        if (i == length) {
            return;
        }
        unsigned rune = 0;
        size_t n = ig_utf8_decode(s + i, length - i, &rune);
        if (n == 0) {
            escape_bytes(out, s + i, 1);
            n = 1;
        } else if (rune == '\n' || rune == '\t' || rune == '\r' ||
                   (rune == '\\' && double_backslash)) {
            char letter = rune == '\n' ? 'n' : rune == '\t' ? 't' : rune == '\r' ? 'r' : '\\';
            ig_buf_add(out, (char[]){'\\', letter}, 2);
        } else if (ig_rune_deceives(rune)) {
            escape_bytes(out, s + i, n);
        } else {
            ig_buf_add(out, s + i, n);
        }
        i += n;
    }
}

void ig_escape(struct ig_buf *out, const char *s, size_t length)
{
    escape(out, s, length, true);
}

void ig_sanitize(struct ig_buf *out, const char *s, size_t length)
{
    escape(out, s, length, false);
}

char *ig_escaped(const char *s)
{
    struct ig_buf out = {0};
    ig_escape(&out, s, strlen(s));
    return ig_buf_steal(&out);
}

int ig_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void ig_unescape(struct ig_buf *out, const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned byte = (unsigned char)*s;
        if (*s == '\\' && s[1] == 'x' && ig_hex_digit(s[2]) >= 0 && ig_hex_digit(s[3]) >= 0) {
            byte = (unsigned)ig_hex_digit(s[2]) << 4 | (unsigned)ig_hex_digit(s[3]);
            s += 3;
        } else if (*s == '\\' && s[1] != '\0') {
            s++;
            byte = *s == 'n' ? '\n' : *s == 't' ? '\t' : *s == 'r' ? '\r' : (unsigned char)*s;
        }
        ig_buf_add(out, (char[]){(char)byte}, 1);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum { LONGEST_WORD = 48 };

/* Optimal string alignment distance (Levenshtein plus swapped neighbours). */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST_WORD + 1];
    for (size_t j = 0; j <= m; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            int x = tolower((unsigned char)a[i - 1]);
            int y = tolower((unsigned char)b[j - 1]);
            size_t best = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2])) {
                best = least(best, before[j - 2] + 1);
            }
            now[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *ig_suggest(const char *word, const char *const *candidates)
{
    size_t n = strlen(word);
    const char *best = NULL;
    size_t best_distance = 0;
    if (n == 0 || n > LONGEST_WORD) {
        return NULL;
    }
    for (; *candidates != NULL; candidates++) {
        size_t m = strlen(*candidates);
        if (m > LONGEST_WORD) {
            continue;
        }
        size_t d = distance(word, n, *candidates, m);
        size_t limit = m < 4 ? 1 : m / 3 + 1;
        if (d <= limit && (best == NULL || d < best_distance)) {
            best = *candidates;
            best_distance = d;
        }
    }
    return best;
}

bool ig_parse_uint(const char *s, unsigned long long max, unsigned long long *value)
{
    unsigned long long v = 0;
    if (*s == '\0') {
        return false;
    }
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10ULL, &v) ||
            __builtin_add_overflow(v, (unsigned long long)(*s - '0'), &v)) {
            return false;
        }
    }
    if (v > max) {
        return false;
    }
    *value = v;
    return true;
}
