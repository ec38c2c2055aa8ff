/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: one struct filled by whoever sees the fault first. Callees write it
 * only when they fail (it stays untouched on success) and return -1; callers
 * may put context in front with ig_error_context() on the way up.
 */
#ifndef IG_CORE_ERROR_H
#define IG_CORE_ERROR_H

enum { IG_ERROR_TEXT = 1024 };

struct ig_error {
    int number;                /* errno value, or 0 where none applies */
    char text[IG_ERROR_TEXT];  /* one sentence without a final full stop; whoever prints it
                                  sanitizes it, see text.h */
};

/* No system call's errno, those end at 4095: a look-up came to a place where another volume lies than
 * this process sees (fsroot/fsroot.h). What is added to it says which. */
enum { IG_EHIDDEN = 5000 };

/* Fill E with the formatted text and NUMBER; when NUMBER is not 0, ": " and
 * what it means are appended. Always returns -1, so that a caller can write
 * `return ig_error_set(...)`. E may be NULL (the caller does not care). */
int ig_error_set(struct ig_error *e, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put the formatted text and ": " in front of what E says. Returns -1. */
int ig_error_context(struct ig_error *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What errno value NUMBER means, in the words of errno(3) preceded by its
 * symbolic name: "ENOENT (No such file or directory)". Static storage or BUF;
 * never NULL. Unlike strerror(3) it is thread-safe and names the symbol, so a
 * report can be compared with what execve(2) said. */
const char *ig_errno_text(int number, char *buf, unsigned long size);

/* The symbolic name alone ("ENOENT"), or NULL for a value it does not know. */
const char *ig_errno_name(int number);

#endif
