/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksum files, as sha256sum(1) of GNU coreutils writes them:
 *
 *   HEX<space><space or *>NAME      the default
 *   SHA256 (NAME) = HEX             --tag
 *
 * A backslash in front of either says that "\\", "\n" and "\r" in NAME stand for
 * backslash, newline and carriage return. Stricter than sha256sum -c, which
 * passes over garbage lines unless told --strict, takes "-" as standard input
 * and cuts names at NUL.
 */
#ifndef IG_CORE_SUMS_H
#define IG_CORE_SUMS_H

#include <stddef.h>

#include "core/error.h"

enum { IG_SUMS_HEX = 64 };

/* One line, without its newline: 1 and its name (malloc'd, unescaped, not empty) and digest in lower
 * case; 0 for an empty line or a comment ("#", as sha256sum -c does); -1 with a sentence that begins
 * with the line's NUMBER. A final carriage return is dropped: files that went through Windows;
 * sha256sum itself writes one in a name escaped. */
int ig_sums_line(const char *line, size_t number, char **name, char sha256[IG_SUMS_HEX + 1],
                 struct ig_error *e);

#endif
