/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/undefined.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* Names that the objects define, sorted; borrowed from their tables. */
struct names {
    const char **list;
    size_t count;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_table(const struct ig_fsroot *root, const struct ig_object *o,
                      struct ig_symbols *out, struct ig_error *e)
{
    struct ig_walk walk;
    IG_AUTO_FREE char *fault = NULL;
    int status = -1;
    if (ig_fsroot_walk(root, o->path, 0, &walk) != 0) {
        ig_error_set(e, walk.error, "%s", o->path);
    } else {
        IG_AUTO_CLOSE int fd = ig_walk_open(&walk, e);
        if (fd >= 0) {
            struct ig_bytes bytes = ig_bytes_of_fd(fd, ig_walk_final(&walk)->meta.size);
            status = ig_symbols_parse(&bytes, &o->file->image, &o->file->dynamic, out, &fault, e);
        }
    }
    ig_walk_free(&walk);
    if (status == 0 && fault != NULL) {
        ig_symbols_free(out);
        status = ig_error_set(e, 0, "%s: %s", o->path, fault);
    }
    return status;
}

static void collect(const struct ig_symbols *tables, size_t count, struct names *names)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += tables[i].count;
    }
    names->list = ig_alloc_array(total, sizeof *names->list);
    for (size_t i = 0; i < count; i++) {
        for (size_t s = 0; s < tables[i].count; s++) {
            if (tables[i].list[s].defined) {
                names->list[names->count++] = tables[i].list[s].name;
            }
        }
    }
    qsort(names->list, names->count, sizeof *names->list, by_text);
}

static void compare(const struct ig_resolution *r, const struct ig_symbols *tables,
                    const struct names *names, struct ig_undefined *out)
{
    for (size_t i = 0; i < r->count; i++) {
        for (size_t s = 0; s < tables[i].count; s++) {
            const struct ig_symbol *symbol = &tables[i].list[s];
            if (symbol->defined || symbol->weak ||
                bsearch(&symbol->name, names->list, names->count, sizeof *names->list, by_text) !=
                    NULL) {
                continue;
            }
            if (out->count++ == 0) {
                out->name = ig_strdup(symbol->name);
                out->by = ig_strdup(r->objects[i].path);
            }
        }
    }
}

int ig_undefined_find(const struct ig_fsroot *root, const struct ig_resolution *resolution,
                      struct ig_undefined *out, struct ig_error *e)
{
    struct ig_symbols *tables = ig_alloc_array(resolution->count, sizeof *tables);
    struct names names = {0};
    int status = 0;
    for (size_t i = 0; status == 0 && i < resolution->count; i++) {
        status = read_table(root, &resolution->objects[i], &tables[i], e);
    }
    if (status == 0) {
        collect(tables, resolution->count, &names);
        compare(resolution, tables, &names, out);
    }
    for (size_t i = 0; i < resolution->count; i++) {
        ig_symbols_free(&tables[i]);
    }
    free(tables);
    free(names.list);
    return status;
}
