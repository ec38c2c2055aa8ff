/* SPDX-License-Identifier: Apache-2.0 */
/* Many small things that are freed together. One thread at a time uses an arena. */
#ifndef IG_CORE_ARENA_H
#define IG_CORE_ARENA_H

#include <stddef.h>

struct ig_arena {
    struct ig_arena_chunk *chunks;  /* the newest first; owned */
    char *next;                     /* free bytes of the newest */
    size_t left;
    size_t chunk;                   /* bytes of the last one that was shared; they double to 256 KiB */
};

/* SIZE zeroed bytes, aligned for anything. */
void *ig_arena_alloc(struct ig_arena *arena, size_t size);
/* The LENGTH bytes of DATA and a NUL, without alignment. */
char *ig_arena_text(struct ig_arena *arena, const char *data, size_t length);
void ig_arena_free(struct ig_arena *arena);

#endif
