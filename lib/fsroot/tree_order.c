/* SPDX-License-Identifier: Apache-2.0 */
/* All entries by path, and paths of entries. */
#include <string.h>

#include "core/mem.h"
#include "fsroot/tree_priv.h"

struct frame {
    const struct ig_tree_dir *dir;
    size_t next;     /* of its children */
    size_t pending;  /* how many directories outside of it wait for their turn */
};

struct order {
    struct frame *frames;
    size_t frame_count, frame_room;
    const struct ig_tree_dir **pending;
    size_t pending_count, pending_room;
};

static void push_frame(struct order *o, const struct ig_tree_dir *dir)
{
    if (o->frame_count == o->frame_room) {
        o->frame_room = o->frame_room * 2 + 64;
        o->frames = ig_realloc_array(o->frames, o->frame_room, sizeof *o->frames);
    }
    o->frames[o->frame_count++] = (struct frame){dir, 0, o->pending_count};
}

static void push_pending(struct order *o, const struct ig_tree_dir *dir)
{
    if (o->pending_count == o->pending_room) {
        o->pending_room = o->pending_room * 2 + 64;
        o->pending = ig_realloc_array(o->pending, o->pending_room, sizeof(void *));
    }
    o->pending[o->pending_count++] = dir;
}

/* "a", "a-b" and "a.c" come before "a/d", since '-' and '.' are less than '/': what is in a folder
 * waits for the siblings that its name begins. */
static bool comes_before_content(const char *sibling, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(sibling, folder, n) == 0 && (unsigned char)sibling[n] < '/';
}

static size_t count_entries(const struct ig_tree_state *state)
{
    size_t count = 0;
    for (size_t i = 0; i < state->dir_count; i++) {
        count += state->dirs[i]->count;
    }
    return count;
}

static void add_entry(struct ig_tree *tree, struct ig_tree_entry *entry)
{
    tree->entries[tree->count++] = entry;
    if (S_ISREG(entry->mode) && (entry->flags & IG_TREE_MOUNT) == 0) {
        tree->files++;
        tree->bytes += entry->size;
    }
}

void ig_tree_order(struct ig_tree *tree)
{
    struct order o = {0};
    tree->entries = ig_alloc_array(count_entries(tree->state), sizeof(void *));
    push_frame(&o, &tree->state->root);
    while (o.frame_count > 0) {
        struct frame *f = &o.frames[o.frame_count - 1];
        struct ig_tree_entry *next = f->next < f->dir->count ? &f->dir->children[f->next] : NULL;
        const struct ig_tree_dir *waiting =
            o.pending_count > f->pending ? o.pending[o.pending_count - 1] : NULL;
        if (waiting != NULL &&
            (next == NULL || !comes_before_content(next->name, waiting->entry->name))) {
            o.pending_count--;
            push_frame(&o, waiting);
        } else if (next == NULL) {
            o.frame_count--;
        } else {
            f->next++;
            add_entry(tree, next);
            if (S_ISDIR(next->mode) && next->of.dir != NULL) {
                push_pending(&o, next->of.dir);
            }
        }
    }
    free(o.frames);
    free(o.pending);
}

void ig_tree_dir_path(const struct ig_tree_dir *dir, struct ig_buf *out)
{
    size_t length = 0;
    for (const struct ig_tree_dir *d = dir; d->parent != NULL; d = d->parent) {
        length += strlen(d->entry->name) + 1;
    }
    if (length == 0) {
        return;
    }
    char *end = ig_buf_reserve(out, length) + length;
    *end = '\0';
    out->length += length;
    for (const struct ig_tree_dir *d = dir; d->parent != NULL; d = d->parent) {
        size_t n = strlen(d->entry->name);
        *--end = '/';
        end -= n;
        memcpy(end, d->entry->name, n);
    }
}

void ig_tree_path(const struct ig_tree_entry *entry, struct ig_buf *out)
{
    ig_tree_dir_path(entry->in, out);
    ig_buf_adds(out, entry->name);
}

static struct ig_tree_entry *find_child(const struct ig_tree_dir *dir, const char *name, size_t n)
{
    size_t low = 0;
    size_t high = dir->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *has = dir->children[middle].name;
        int order = strncmp(has, name, n);
        order = order == 0 && has[n] != '\0' ? 1 : order;
        if (order == 0) {
            return &dir->children[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct ig_tree_entry *ig_tree_find(const struct ig_tree *tree, const char *path)
{
    const struct ig_tree_dir *dir = &tree->state->root;
    for (;;) {
        size_t n = strcspn(path, "/");
        struct ig_tree_entry *entry = n != 0 ? find_child(dir, path, n) : NULL;
        if (entry == NULL || path[n] == '\0') {
            return entry;
        }
        if (!S_ISDIR(entry->mode) || entry->of.dir == NULL) {
            return NULL;
        }
        dir = entry->of.dir;
        path += n + 1;
    }
}
