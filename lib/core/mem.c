/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    static const char text[] = "initgate: error: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    _exit(3);
}

void *ig_alloc(size_t size)
{
    return ig_alloc_array(1, size);
}

void *ig_alloc_array(size_t count, size_t size)
{
    void *p = calloc(count != 0 ? count : 1, size != 0 ? size : 1);
    if (p == NULL) {
        out_of_memory();
    }
    return p;
}

void *ig_realloc_array(void *p, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        out_of_memory();
    }
    void *q = realloc(p, bytes != 0 ? bytes : 1);
    if (q == NULL) {
        out_of_memory();
    }
    return q;
}

size_t ig_array_growth(size_t count)
{
    enum { LEAST = 8 };
    bool full = count == 0 || (count >= LEAST && (count & (count - 1)) == 0);
    return !full ? 0 : count != 0 ? count * 2 : LEAST;
}

void *ig_array_room(void *array, size_t count, size_t size)
{
    size_t room = ig_array_growth(count);
    return room != 0 ? ig_realloc_array(array, room, size) : array;
}

char *ig_strndup(const char *s, size_t n)
{
    size_t length = strnlen(s, n);
    char *copy = ig_alloc(length + 1);
    memcpy(copy, s, length);
    return copy;
}

char *ig_strdup(const char *s)
{
    return ig_strndup(s, strlen(s));
}

char *ig_vformat(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0) {
        out_of_memory();
    }
    return text;
}

char *ig_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = ig_vformat(format, args);
    va_end(args);
    return text;
}

void ig_cleanup_free(void *pointer_to_pointer)
{
    int saved = errno;
    void *p;
    memcpy(&p, pointer_to_pointer, sizeof p);
    free(p);
    errno = saved;
}

void ig_cleanup_close(const int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        errno = saved;
    }
}
