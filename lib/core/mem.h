/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory and clean-up. Allocation never returns NULL: when memory runs out the
 * process ends with exit code 3 and one line on standard error. A gate that
 * cannot allocate cannot evaluate, and an unwinding path for it, never taken
 * in tests, would be the likeliest place for an accidental pass.
 */
#ifndef IG_CORE_MEM_H
#define IG_CORE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

void *ig_alloc(size_t size);                        /* zeroed; free() it */
void *ig_alloc_array(size_t count, size_t size);    /* zeroed; overflow counts as out of memory */
void *ig_realloc_array(void *p, size_t count, size_t size);
/* ARRAY of COUNT elements with room for one more. Room doubles, so that long lists stay linear: it
 * is 8, then each power of two. Only for arrays that grow by this alone; NULL where COUNT is 0. */
void *ig_array_room(void *array, size_t count, size_t size);
/* The room that such an array of COUNT elements is to get before one more; 0 where it has it. */
size_t ig_array_growth(size_t count);
char *ig_strdup(const char *s);
char *ig_strndup(const char *s, size_t n);
char *ig_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *ig_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Cleanup attributes keep errno, so that they may stand before `return`. */
void ig_cleanup_free(void *pointer_to_pointer);
void ig_cleanup_close(const int *fd);

#define IG_AUTO_FREE __attribute__((cleanup(ig_cleanup_free)))
#define IG_AUTO_CLOSE __attribute__((cleanup(ig_cleanup_close)))

/* Hand ownership of *POINTER to the caller. */
#define IG_STEAL(pointer) \
    __extension__({ \
        __typeof__(pointer) ig_stolen_ = (pointer); \
        (pointer) = NULL; \
        ig_stolen_; \
    })

static inline int ig_steal_fd(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

#define IG_COUNT(array) (sizeof(array) / sizeof *(array))

#endif
