/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/named.h"

#include <string.h>

#include "core/mem.h"

static bool has(const uint8_t *bits, size_t i)
{
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}

static void set(uint8_t *bits, size_t i)
{
    bits[i / 8] |= (uint8_t)(1U << (i % 8));
}

static size_t index_of(const struct ig_tree *tree, const char *path)
{
    size_t low = 0;
    size_t high = tree->count;
    IG_AUTO_BUF struct ig_buf here = {0};
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        here.length = 0;
        ig_tree_path(tree->entries[middle], &here);
        int order = strcmp(here.data, path);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return tree->count;
}

/* Files of one folder are often listed one after another, of which only the first looks it up. */
void ig_named_above(struct ig_named *l, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash != NULL ? (size_t)(slash - path) : 0;
    if (n == 0 || (n == l->folder.length && memcmp(path, l->folder.data, n) == 0)) {
        return;
    }
    l->folder.length = 0;
    ig_buf_add(&l->folder, path, n);
    IG_AUTO_FREE char *above = ig_strndup(path, n);
    while (slash != NULL) {
        size_t i = index_of(l->tree, above);
        if (i < l->tree->count) {
            if (has(l->implied, i)) {
                return;
            }
            set(l->implied, i);
        }
        slash = strrchr(above, '/');
        above[slash != NULL ? (size_t)(slash - above) : 0] = '\0';
    }
}

void ig_named_begin(struct ig_named *l, const struct ig_tree *tree)
{
    size_t bytes = tree->count / 8 + 1;
    IG_AUTO_BUF struct ig_buf path = {0};
    *l = (struct ig_named){
        .tree = tree, .listed = ig_alloc(bytes), .implied = ig_alloc(bytes)};
    for (size_t i = 0; i < tree->count; i++) {
        if ((tree->entries[i]->flags & IG_TREE_MOUNT) != 0) {
            path.length = 0;
            ig_tree_path(tree->entries[i], &path);
            ig_named_above(l, ig_buf_text(&path));
        }
    }
}

size_t ig_named_add(struct ig_named *l, const char *path, bool *again)
{
    size_t i = index_of(l->tree, path);
    ig_named_above(l, path);
    *again = i < l->tree->count && has(l->listed, i);
    if (i < l->tree->count) {
        set(l->listed, i);
    }
    return i;
}

bool ig_named_lacks(const struct ig_named *l, size_t i)
{
    const struct ig_tree_entry *entry = l->tree->entries[i];
    IG_AUTO_BUF struct ig_buf path = {0};
    if (has(l->listed, i) || (entry->flags & IG_TREE_MOUNT) != 0) {
        return false;
    }
    if (!S_ISDIR(entry->mode)) {
        return true;
    }
    ig_tree_path(entry, &path);
    return !has(l->implied, i) && !ig_tree_ignores_below(l->tree, ig_buf_text(&path));
}

void ig_named_free(struct ig_named *l)
{
    free(l->listed);
    free(l->implied);
    ig_buf_free(&l->folder);
    *l = (struct ig_named){0};
}
