/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/linkages.h"

#include "core/mem.h"
#include "elf/files.h"

void ig_linkage_slot_clear(struct ig_linkage_slot *slot)
{
    struct ig_linkage *linkage = atomic_load(&slot->linkage);
    if (linkage != NULL) {
        ig_linkage_free(linkage);
        free(linkage);
    }
}

/* A descriptor of OBJECT's file, or -1; its bytes into BYTES. */
static int open_object(const struct ig_resolution *of, const struct ig_object *object,
                       struct ig_bytes *bytes, struct ig_error *e)
{
    struct ig_walk walk;
    uint64_t cost = 0;
    int fd = -1;
    if (ig_dirs_walk(ig_files_dirs(of->files), of->root, object->path, IG_WALK_BARE, &cost,
                     NULL, &walk) != 0) {
        ig_error_set(e, walk.error, "%s", object->path);
    } else {
        fd = ig_walk_open(&walk, e);
        *bytes = ig_bytes_of_fd(fd, ig_walk_final(&walk)->meta.size);
    }
    ig_walk_free(&walk);
    return fd;
}

static struct ig_linkage *read_linkage(const struct ig_resolution *of,
                                       const struct ig_object *object,
                                       struct ig_symtab_room *room, struct ig_error *e)
{
    struct ig_bytes bytes;
    IG_AUTO_CLOSE int fd = open_object(of, object, &bytes, e);
    if (fd < 0) {
        return NULL;
    }
    struct ig_linkage *linkage = ig_alloc(sizeof *linkage);
    if (ig_linkage_parse(&bytes, &object->file->image, &object->file->dynamic, room, linkage,
                         e) != 0) {
        ig_error_context(e, "%s", object->path);
        free(linkage);
        return NULL;
    }
    if (linkage->fault != NULL) {
        ig_error_set(e, 0, "%s: %s", object->path, linkage->fault);
        ig_linkage_free(linkage);
        free(linkage);
        return NULL;
    }
    return linkage;
}

/* True where SLOT has it now; another thread may have been faster. */
static bool keep(struct ig_linkage_slot *slot, struct ig_linkage *linkage)
{
    struct ig_linkage *none = NULL;
    size_t before = atomic_fetch_add(slot->kept, linkage->kept);
    if (before + linkage->kept <= IG_LINKAGES_KEPT_MAX &&
        atomic_compare_exchange_strong(&slot->linkage, &none, linkage)) {
        return true;
    }
    atomic_fetch_sub(slot->kept, linkage->kept);
    return false;
}

static int get_all(const struct ig_resolution *resolution, struct ig_symtab_room *room,
                   struct ig_linkages *out, struct ig_error *e)
{
    size_t total = 0;
    for (size_t i = 0; i < out->count && total <= IG_LINKAGES_MAX; i++) {
        const struct ig_object *object = &resolution->objects[i];
        struct ig_linkage_slot *slot = object->file->linkage;
        out->list[i] = atomic_load(&slot->linkage);
        if (out->list[i] == NULL) {
            struct ig_linkage *fresh = read_linkage(resolution, object, room, e);
            if (fresh == NULL) {
                return -1;
            }
            out->list[i] = fresh;
            out->owned[i] = keep(slot, fresh) ? NULL : fresh;
        }
        total += out->list[i]->kept;
    }
    return total <= IG_LINKAGES_MAX
               ? 0
               : ig_error_set(e, 0, "its libraries have more symbols than initgate keeps");
}

int ig_linkages_get(const struct ig_resolution *resolution, struct ig_linkages *out,
                    struct ig_error *e)
{
    struct ig_symtab_room room = {0};
    *out = (struct ig_linkages){.count = resolution->count};
    out->list = ig_alloc_array(out->count, sizeof *out->list);
    out->owned = ig_alloc_array(out->count, sizeof *out->owned);
    int status = get_all(resolution, &room, out, e);
    ig_symtab_room_free(&room);
    if (status != 0) {
        ig_linkages_free(out);
    }
    return status;
}

void ig_linkages_free(struct ig_linkages *linkages)
{
    for (size_t i = 0; i < linkages->count; i++) {
        if (linkages->owned[i] != NULL) {
            ig_linkage_free(linkages->owned[i]);
            free(linkages->owned[i]);
        }
    }
    free(linkages->list);
    free(linkages->owned);
    *linkages = (struct ig_linkages){0};
}

char *ig_object_symbol(const struct ig_resolution *of, const struct ig_object *object,
                       uint64_t symbol)
{
    struct ig_bytes bytes;
    IG_AUTO_CLOSE int fd = open_object(of, object, &bytes, NULL);
    return fd < 0 ? NULL
                  : ig_linkage_name(&bytes, &object->file->image, &object->file->dynamic, symbol);
}
