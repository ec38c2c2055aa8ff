/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sums.h"

#include <stdbool.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

static bool skip(const char **text, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*text, word, n) != 0) {
        return false;
    }
    *text += n;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "HEX  NAME" or "HEX *NAME": *NAME is what follows, up to the end of the line. */
static bool split_plain(const char *line, char **hex, char **name)
{
    size_t n = strspn(line, "0123456789abcdefABCDEF");
    if (n != IG_SUMS_HEX || !is_blank(line[n]) || (line[n + 1] != ' ' && line[n + 1] != '*')) {
        return false;
    }
    *hex = ig_strndup(line, n);
    *name = ig_strdup(line + n + 2);
    return true;
}

/* "(NAME) = HEX", behind the tag. The last parenthesis ends the name. */
static bool split_tagged(const char *rest, char **hex, char **name)
{
    const char *close = strrchr(rest, ')');
    if (*rest != '(' || close == NULL) {
        return false;
    }
    const char *digits = close + 1 + strspn(close + 1, " \t");
    if (*digits != '=') {
        return false;
    }
    digits += 1 + strspn(digits + 1, " \t");
    if (strspn(digits, "0123456789abcdefABCDEF") != IG_SUMS_HEX || digits[IG_SUMS_HEX] != '\0') {
        return false;
    }
    *hex = ig_strdup(digits);
    *name = ig_strndup(rest + 1, (size_t)(close - rest - 1));
    return true;
}

/* In place. False where a backslash stands before anything else. */
static bool unescape(char *name)
{
    char *out = name;
    for (const char *p = name; *p != '\0'; p++) {
        char c = *p;
        if (c == '\\') {
            p++;
            if (*p != '\\' && *p != 'n' && *p != 'r') {
                return false;
            }
            c = (char)(*p == 'n' ? '\n' : *p == 'r' ? '\r' : '\\');
        }
        *out++ = c;
    }
    *out = '\0';
    return true;
}

static bool parse(const char *line, char **hex, char **name)
{
    line += strspn(line, " \t");
    bool escaped = skip(&line, "\\");
    bool split;
    if (skip(&line, "SHA256")) {
        skip(&line, " ");
        split = split_tagged(line, hex, name);
    } else {
        split = split_plain(line, hex, name);
    }
    return split && (!escaped || unescape(*name)) && **name != '\0';
}

/* So much of a line that one sees which it is. */
enum { SHOWN = 80 };

static int garbage(const char *line, size_t number, struct ig_error *e)
{
    struct ig_buf shown IG_AUTO_BUF = {0};
    size_t n = strnlen(line, SHOWN + 1);
    ig_escape(&shown, line, n > SHOWN ? SHOWN : n);
    return ig_error_set(e, 0, "line %zu is no line of sha256sum: \"%s\"%s", number,
                        ig_buf_text(&shown), n > SHOWN ? "..." : "");
}

int ig_sums_line(const char *line, size_t number, char **name, char sha256[IG_SUMS_HEX + 1],
                 struct ig_error *e)
{
    char *hex IG_AUTO_FREE = NULL;
    char *found IG_AUTO_FREE = NULL;
    if (*line == '\0' || *line == '#') {
        return 0;
    }
    size_t n = strlen(line);
    char *plain IG_AUTO_FREE = ig_strndup(line, line[n - 1] == '\r' ? n - 1 : n);
    if (*plain == '\0') {
        return 0;
    }
    if (!parse(plain, &hex, &found)) {
        return garbage(plain, number, e);
    }
    if (strcmp(found, "-") == 0) {
        return ig_error_set(e, 0, "line %zu: \"-\" is standard input, not a file; a file of that "
                                  "name is \"./-\"", number);
    }
    for (size_t i = 0; i < IG_SUMS_HEX; i++) {
        sha256[i] = (char)(hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] - 'A' + 'a' : hex[i]);
    }
    sha256[IG_SUMS_HEX] = '\0';
    *name = IG_STEAL(found);
    return 1;
}
