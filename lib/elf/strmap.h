/* SPDX-License-Identifier: Apache-2.0 */
/* Strings to numbers. A hostile program may ask for ten thousand names, so a list will not do. For
 * lib/elf alone. */
#ifndef IG_ELF_STRMAP_H
#define IG_ELF_STRMAP_H

#include <stddef.h>

struct ig_strmap_slot {
    const char *key;  /* NULL: free */
    size_t value;
};

struct ig_strmap {
    struct ig_strmap_slot *slots;  /* a power of two of them, at most half used */
    size_t size, count;
};

/* Add KEY, which must live as long as the map; one that is there already keeps its value. */
void ig_strmap_add(struct ig_strmap *map, const char *key, size_t value);
/* The value of KEY, or SIZE_MAX. */
size_t ig_strmap_get(const struct ig_strmap *map, const char *key);
void ig_strmap_free(struct ig_strmap *map);

#endif
