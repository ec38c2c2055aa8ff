/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/names.h"

#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/image_priv.h"

/* Names of one file lie close together, mostly at the table's end: one window serves many. */
static bool load_window(struct ig_names *names, uint64_t index)
{
    uint64_t left = names->size - index;
    size_t wanted = left < sizeof names->window ? (size_t)left : sizeof names->window;
    ssize_t n = ig_bytes_read_at(names->from, names->window, wanted, names->offset + index);
    names->window_at = index;
    names->window_length = n > 0 ? (size_t)n : 0;
    if (n < 0) {
        names->error = errno;
    }
    return n > 0;
}

char *ig_names_get(struct ig_names *names, uint64_t index)
{
    if (index >= names->size || names->error != 0) {
        return NULL;
    }
    for (int again = 0; again < 2; again++) {
        bool inside = index >= names->window_at &&
                      index - names->window_at < names->window_length;
        if (inside) {
            const char *start = names->window + (index - names->window_at);
            size_t room = names->window_length - (size_t)(index - names->window_at);
            size_t length = strnlen(start, room < IG_NAME_MAX ? room : IG_NAME_MAX);
            if (length < room && length < IG_NAME_MAX) {
                if (names->kept + length + 1 > IG_NAMES_BUDGET) {
                    return NULL;
                }
                names->kept += length + 1;
                return ig_strndup(start, length);
            }
        }
        if (again == 0 && !load_window(names, index)) {
            return NULL;
        }
    }
    return NULL;
}
