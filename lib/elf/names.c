/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/names.h"

#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/image_priv.h"

/* Names of one file lie close together, mostly at the table's end: one window serves many. */
static bool load_window(struct ig_names *names, uint64_t index, bool large)
{
    uint64_t left = names->size - index;
    size_t size = large ? (size_t)IG_NAME_MAX : sizeof names->small;
    size_t wanted = left < size ? (size_t)left : size;
    if (large && names->large == NULL) {
        names->large = ig_alloc(IG_NAME_MAX);
    }
    names->window = large ? names->large : names->small;
    ssize_t n = ig_bytes_read_at(names->from, names->window, wanted, names->offset + index);
    names->window_at = index;
    names->window_length = n > 0 ? (size_t)n : 0;
    if (n < 0) {
        names->error = errno;
    }
    return n > 0;
}

/* The name at INDEX if the window has it with its end. */
static const char *in_window(const struct ig_names *names, uint64_t index, size_t *length)
{
    if (index < names->window_at || index - names->window_at >= names->window_length) {
        return NULL;
    }
    const char *start = names->window + (index - names->window_at);
    size_t room = names->window_length - (size_t)(index - names->window_at);
    room = room < IG_NAME_MAX ? room : IG_NAME_MAX;
    size_t n = 0;
    /* Not strnlen(): a dozen bytes each, a thousand times. */
    while (n < room && start[n] != '\0') {
        n++;
    }
    *length = n;
    return n < room ? start : NULL;
}

char *ig_names_get(struct ig_names *names, uint64_t index)
{
    size_t length;
    if (index >= names->size || names->error != 0) {
        return NULL;
    }
    const char *name = in_window(names, index, &length);
    /* Most names are short; few are as long as a search path may be. */
    for (int large = 0; name == NULL && large < 2; large++) {
        if (!load_window(names, index, large != 0)) {
            return NULL;
        }
        name = in_window(names, index, &length);
    }
    if (name == NULL || names->kept + length + 1 > IG_NAMES_BUDGET) {
        return NULL;
    }
    names->kept += length + 1;
    return ig_arena_text(names->memory, name, length);
}

void ig_names_close(struct ig_names *names)
{
    free(names->large);
    names->large = NULL;
}
