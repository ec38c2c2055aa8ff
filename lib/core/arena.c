/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include <stdint.h>
#include <string.h>

#include "core/mem.h"

enum { CHUNK_FIRST = 2 << 10, CHUNK_MOST = 256 << 10 };

struct ig_arena_chunk {
    struct ig_arena_chunk *next;
    max_align_t data[];
};

static char *new_chunk(struct ig_arena *arena, size_t size)
{
    size_t all;
    if (__builtin_add_overflow(size, sizeof(struct ig_arena_chunk), &all)) {
        all = SIZE_MAX; /* which cannot be had, and says so */
    }
    struct ig_arena_chunk *chunk = ig_alloc(all);
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return (char *)chunk->data;
}

char *ig_arena_bytes(struct ig_arena *arena, size_t size)
{
    arena->used += size;
    /* What is large gets its own, and the rest of the open chunk stays in use. */
    if (size > CHUNK_MOST / 4) {
        return new_chunk(arena, size);
    }
    if (size > arena->left || arena->next == NULL) {
        size_t chunk = arena->chunk == 0           ? CHUNK_FIRST
                       : arena->chunk < CHUNK_MOST ? arena->chunk * 2
                                                   : CHUNK_MOST;
        while (chunk < size) {
            chunk *= 2;
        }
        arena->next = new_chunk(arena, chunk);
        arena->left = arena->chunk = chunk;
    }
    char *p = arena->next;
    arena->next += size;
    arena->left -= size;
    return p;
}

void *ig_arena_alloc(struct ig_arena *arena, size_t size)
{
    size_t skew = (uintptr_t)arena->next % _Alignof(max_align_t);
    size_t gap = skew != 0 ? _Alignof(max_align_t) - skew : 0;
    if (gap != 0 && gap <= arena->left) {
        arena->next += gap;
        arena->left -= gap;
    } else if (gap != 0) {
        arena->left = 0;
    }
    return ig_arena_bytes(arena, size);
}

void *ig_arena_array(struct ig_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        bytes = SIZE_MAX;
    }
    return ig_arena_alloc(arena, bytes);
}

void *ig_arena_room(struct ig_arena *arena, void *array, size_t count, size_t size)
{
    size_t room = ig_array_growth(count);
    if (room == 0) {
        return array;
    }
    void *larger = ig_arena_array(arena, room, size);
    if (count != 0) {
        memcpy(larger, array, count * size);
    }
    return larger;
}

void *ig_arena_grown(struct ig_arena *arena, size_t count, size_t size)
{
    size_t room = ig_array_growth(0);
    while (room < count) {
        room *= 2;
    }
    return ig_arena_array(arena, room, size);
}

char *ig_arena_text(struct ig_arena *arena, const char *data, size_t length)
{
    char *text = ig_arena_bytes(arena, length + 1);
    memcpy(text, data, length);
    text[length] = '\0';
    return text;
}

void ig_arena_rewind(struct ig_arena *arena, const struct ig_arena *mark)
{
    while (arena->chunks != mark->chunks) {
        struct ig_arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        free(chunk);
    }
    *arena = *mark;
    if (arena->left != 0) {
        memset(arena->next, 0, arena->left);
    }
}

void ig_arena_free(struct ig_arena *arena)
{
    ig_arena_rewind(arena, &(struct ig_arena){0});
}
