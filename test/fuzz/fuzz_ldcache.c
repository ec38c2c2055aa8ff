/* SPDX-License-Identifier: Apache-2.0 */
/* ld.so.cache in memory, and a lookup of each of its names. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "elf/ldcache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hwcaps[] = {"x86-64-v3", "x86-64-v2", NULL};
    const struct ig_ldcache_cpu cpu = {.hwcaps = hwcaps, .level = 3};
    struct ig_ldcache cache;
    char *copy = ig_alloc(size + 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    if (ig_ldcache_parse(copy, size, &cache, NULL) != 0) {
        if (cache.count != 0 || cache.data != NULL) {
            abort();
        }
        return 0;
    }
    for (size_t i = 0; i < cache.count; i++) {
        const struct ig_ldcache_entry *entry = &cache.entries[i];
        const char *path = ig_ldcache_find(&cache, entry->name, entry->flags, &cpu);
        bool plain = entry->flags != 0 && entry->hwcaps == NULL && entry->bits == 0;
        if (strlen(entry->name) > size || strlen(entry->path) > size || (plain && path == NULL) ||
            (i > 0 && strcmp(cache.entries[i - 1].name, entry->name) > 0)) {
            abort();
        }
    }
    ig_ldcache_free(&cache);
    return 0;
}
