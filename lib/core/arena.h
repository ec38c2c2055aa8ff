/* SPDX-License-Identifier: Apache-2.0 */
/* Many small things that are freed together. One thread at a time uses an arena. */
#ifndef IG_CORE_ARENA_H
#define IG_CORE_ARENA_H

#include <stddef.h>

struct ig_arena {
    struct ig_arena_chunk *chunks;  /* the newest first; owned */
    char *next;                     /* free bytes of the newest */
    size_t left;
    size_t used;                    /* bytes taken */
    size_t chunk;                   /* bytes of the last one that was shared; they double to 256 KiB */
};

/* SIZE zeroed bytes, aligned for anything. */
void *ig_arena_alloc(struct ig_arena *arena, size_t size);
/* COUNT elements of SIZE bytes, zeroed; overflow counts as out of memory. */
void *ig_arena_array(struct ig_arena *arena, size_t count, size_t size);
/* As ig_array_room(), of an array that lies in ARENA; what it outgrew stays there unused. */
void *ig_arena_room(struct ig_arena *arena, void *array, size_t count, size_t size);
/* The same for COUNT elements at once: zeroed, and with the room that such an array has by then. */
void *ig_arena_grown(struct ig_arena *arena, size_t count, size_t size);
/* The LENGTH bytes of DATA and a NUL, without alignment. */
char *ig_arena_text(struct ig_arena *arena, const char *data, size_t length);
/* SIZE bytes to be written to, without alignment; not zeroed. */
char *ig_arena_bytes(struct ig_arena *arena, size_t size);
/* Free what was taken since ARENA was as MARK, a copy of it, is. */
void ig_arena_rewind(struct ig_arena *arena, const struct ig_arena *mark);
void ig_arena_free(struct ig_arena *arena);

#define IG_AUTO_ARENA __attribute__((cleanup(ig_arena_free)))

#endif
