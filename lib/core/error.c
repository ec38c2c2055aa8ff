/* SPDX-License-Identifier: Apache-2.0 */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int number;
    const char *name;
} errno_names[] = {
    {EPERM, "EPERM"},     {ENOENT, "ENOENT"},       {EINTR, "EINTR"},
    {EIO, "EIO"},         {ENXIO, "ENXIO"},         {E2BIG, "E2BIG"},
    {ENOEXEC, "ENOEXEC"}, {EBADF, "EBADF"},         {EAGAIN, "EAGAIN"},
    {ENOMEM, "ENOMEM"},   {EACCES, "EACCES"},       {EFAULT, "EFAULT"},
    {EBUSY, "EBUSY"},     {EEXIST, "EEXIST"},       {EXDEV, "EXDEV"},
    {ENODEV, "ENODEV"},   {ENOTDIR, "ENOTDIR"},     {EISDIR, "EISDIR"},
    {EINVAL, "EINVAL"},   {ENFILE, "ENFILE"},       {EMFILE, "EMFILE"},
    {ETXTBSY, "ETXTBSY"}, {EFBIG, "EFBIG"},         {ENOSPC, "ENOSPC"},
    {EROFS, "EROFS"},     {EPIPE, "EPIPE"},         {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENOSYS, "ENOSYS"},   {ELOOP, "ELOOP"},         {EOVERFLOW, "EOVERFLOW"},
    {ELIBBAD, "ELIBBAD"}, {EOPNOTSUPP, "EOPNOTSUPP"}, {ETIMEDOUT, "ETIMEDOUT"},
    {ESTALE, "ESTALE"},   {ENOTCONN, "ENOTCONN"},   {EDQUOT, "EDQUOT"},
};

const char *ig_errno_name(int number)
{
    for (size_t i = 0; i < sizeof errno_names / sizeof *errno_names; i++) {
        if (errno_names[i].number == number) {
            return errno_names[i].name;
        }
    }
    return NULL;
}

const char *ig_errno_text(int number, char *buf, unsigned long size)
{
    const char *name = ig_errno_name(number);
    char words[128];
    if (number >= IG_EHIDDEN) {
        snprintf(buf, size, "hidden from the gate");
        return buf;
    }
    /* strerror_r exists in two incompatible forms; strerror() in musl and the
     * messages below glibc's threshold are static strings, but only the XSI
     * form promises it, and _GNU_SOURCE hides that one. */
    snprintf(words, sizeof words, "%s", strerror(number));
    if (name != NULL) {
        snprintf(buf, size, "%s (%s)", name, words);
    } else {
        snprintf(buf, size, "errno %d (%s)", number, words);
    }
    return buf;
}

int ig_error_set(struct ig_error *e, int number, const char *format, ...)
{
    if (e == NULL) {
        return -1;
    }
    e->number = number;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    if (number != 0 && n >= 0 && (size_t)n < sizeof e->text) {
        char words[160];
        snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s",
                 ig_errno_text(number, words, sizeof words));
    }
    return -1;
}

int ig_error_context(struct ig_error *e, const char *format, ...)
{
    if (e == NULL) {
        return -1;
    }
    char old[IG_ERROR_TEXT];
    memcpy(old, e->text, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (used + 2 < sizeof e->text) {
        size_t rest = strnlen(old, sizeof e->text - used - 3);
        memcpy(e->text + used, ": ", 2);
        memcpy(e->text + used + 2, old, rest);
        e->text[used + 2 + rest] = '\0';
    }
    return -1;
}
