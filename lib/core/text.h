/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that came from outside (file names, PT_INTERP strings, policy keys) is
 * escaped before it enters a message, so that no file can forge a line of the
 * report or drive the reader's terminal.
 */
#ifndef IG_CORE_TEXT_H
#define IG_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

/* Length in bytes of the valid UTF-8 sequence that starts at S (1 to 4; RFC
 * 3629: no overlong forms, no surrogates, at most U+10FFFF), or 0 where S does
 * not start one. *RUNE receives its code point. LENGTH is what is readable. */
size_t ig_utf8_decode(const char *s, size_t length, unsigned *rune);

/* Is RUNE a control character (C0, DEL, C1), one that changes how the text around it is shown (bidi
 * and zero-width controls, line separators, tags), or none at all (U+FFFE and its like)? */
bool ig_rune_deceives(unsigned rune);

/* Append S escaped: printable UTF-8 stays, a backslash becomes "\\", newline,
 * tab and carriage return "\n", "\t", "\r", what ig_rune_deceives() names and
 * bytes that are not UTF-8 become "\xNN" byte by byte. */
void ig_escape(struct ig_buf *out, const char *s, size_t length);

/* The same, but a backslash stays one: for whole messages whose parts may have been
 * escaped before. Doing it twice changes nothing. */
void ig_sanitize(struct ig_buf *out, const char *s, size_t length);

/* ig_escape() as a malloc'd string, of a C string. */
char *ig_escaped(const char *s);

/* Append the bytes that ig_escape() made S of. */
void ig_unescape(struct ig_buf *out, const char *s);

/* The candidate nearest to WORD (optimal string alignment, case folded), or
 * NULL where none is near enough to be meant. CANDIDATES ends with NULL. */
const char *ig_suggest(const char *word, const char *const *candidates);

/* The value of a hexadecimal digit of either case, or -1. */
int ig_hex_digit(char c);

/* Parse all of S as an unsigned decimal number of at most MAX. False where it
 * is empty, has any other character (sign and space too), or is larger. */
bool ig_parse_uint(const char *s, unsigned long long max, unsigned long long *value);

#endif
