/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/shared.h"

#include <pthread.h>

#include "core/mem.h"

struct used {
    size_t subject;
    struct ig_uses uses;
};

struct ig_batch {
    struct ig_files *files;
    struct used *used;
    size_t count;
    size_t users;
};

struct ig_shared {
    const struct ig_fsroot *root;
    void (*changed)(void *context, size_t subject, const char *path);
    void *context;
    pthread_mutex_t lock;      /* guards the rest, and the batches but for their files */
    struct ig_batch *current;  /* NULL: the next subject begins one */
};

void ig_uses_add(struct ig_uses *uses, const struct ig_located *located)
{
    if (located == NULL) {
        return;
    }
    uses->list = ig_array_room(uses->list, uses->count, sizeof *uses->list);
    uses->list[uses->count++] = (uint32_t)located->index;
}

struct ig_shared *ig_shared_new(const struct ig_fsroot *root,
                                void (*changed)(void *context, size_t subject, const char *path),
                                void *context)
{
    struct ig_shared *shared = ig_alloc(sizeof *shared);
    shared->root = root;
    shared->changed = changed;
    shared->context = context;
    pthread_mutex_init(&shared->lock, NULL);
    return shared;
}

static void tell_changed(const struct ig_shared *shared, const struct ig_batch *batch,
                         const bool *changed)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct used *used = &batch->used[i];
        for (size_t u = 0; u < used->uses.count; u++) {
            if (changed[used->uses.list[u]]) {
                shared->changed(shared->context, used->subject,
                                ig_files_located(batch->files, used->uses.list[u])->path);
                break;
            }
        }
    }
}

/* Nobody uses BATCH any more. */
static void settle(const struct ig_shared *shared, struct ig_batch *batch)
{
    bool *changed = shared->root != NULL ? ig_files_changed(batch->files, shared->root) : NULL;
    if (changed != NULL) {
        tell_changed(shared, batch, changed);
    }
    free(changed);
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->used[i].uses.list);
    }
    free(batch->used);
    ig_files_free(batch->files);
    free(batch);
}

void ig_shared_begin(struct ig_shared *shared, struct ig_uses *uses)
{
    struct ig_batch *old = NULL;
    pthread_mutex_lock(&shared->lock);
    struct ig_batch *batch = shared->current;
    if (batch != NULL && ig_files_full(batch->files)) {
        old = batch->users == 0 ? batch : NULL;
        batch = NULL;
    }
    if (batch == NULL) {
        batch = ig_alloc(sizeof *batch);
        batch->files = ig_files_new();
        shared->current = batch;
    }
    batch->users++;
    pthread_mutex_unlock(&shared->lock);
    if (old != NULL) {
        settle(shared, old);
    }
    *uses = (struct ig_uses){.files = batch->files, .batch = batch};
}

void ig_shared_end(struct ig_shared *shared, size_t subject, struct ig_uses *uses)
{
    struct ig_batch *batch = uses->batch;
    pthread_mutex_lock(&shared->lock);
    batch->used = ig_array_room(batch->used, batch->count, sizeof *batch->used);
    batch->used[batch->count++] = (struct used){subject, *uses};
    *uses = (struct ig_uses){0};
    bool last = --batch->users == 0 && batch != shared->current;
    pthread_mutex_unlock(&shared->lock);
    if (last) {
        settle(shared, batch);
    }
}

void ig_shared_finish(struct ig_shared *shared)
{
    if (shared->current != NULL) {
        settle(shared, shared->current);
    }
    pthread_mutex_destroy(&shared->lock);
    free(shared);
}
