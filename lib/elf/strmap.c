/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/strmap.h"

#include <stdint.h>
#include <string.h>

#include "core/mem.h"

/* FNV-1a. */
static size_t hash(const char *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *p = key; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    }
    return (size_t)(h ^ h >> 32);
}

static struct ig_strmap_slot *slot_of(const struct ig_strmap *map, const char *key)
{
    size_t i = hash(key) & (map->size - 1);
    while (map->slots[i].key != NULL && strcmp(map->slots[i].key, key) != 0) {
        i = (i + 1) & (map->size - 1);
    }
    return &map->slots[i];
}

static void grow(struct ig_strmap *map)
{
    struct ig_strmap larger = {.size = map->size != 0 ? map->size * 2 : 64};
    larger.slots = ig_alloc_array(larger.size, sizeof *larger.slots);
    larger.count = map->count;
    for (size_t i = 0; i < map->size; i++) {
        if (map->slots[i].key != NULL) {
            *slot_of(&larger, map->slots[i].key) = map->slots[i];
        }
    }
    free(map->slots);
    *map = larger;
}

void ig_strmap_add(struct ig_strmap *map, const char *key, size_t value)
{
    if (map->count * 2 >= map->size) {
        grow(map);
    }
    struct ig_strmap_slot *slot = slot_of(map, key);
    if (slot->key == NULL) {
        *slot = (struct ig_strmap_slot){key, value};
        map->count++;
    }
}

size_t ig_strmap_get(const struct ig_strmap *map, const char *key)
{
    if (map->count == 0) {
        return SIZE_MAX;
    }
    const struct ig_strmap_slot *slot = slot_of(map, key);
    return slot->key != NULL ? slot->value : SIZE_MAX;
}

void ig_strmap_free(struct ig_strmap *map)
{
    free(map->slots);
    *map = (struct ig_strmap){0};
}
