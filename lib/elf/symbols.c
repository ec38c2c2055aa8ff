/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>

#include "core/mem.h"
#include "elf/symtab.h"
#include "elf/versions.h"

struct reader {
    struct ig_symtab table;
    struct ig_symbols *out;
    const char **versions;   /* by index; IG_VERSION_MASK + 1 of them, or NULL */
};

static void take_version(void *context, uint16_t index, uint32_t name)
{
    struct reader *r = context;
    r->versions[index & IG_VERSION_MASK] = ig_symtab_string(&r->table, name);
}

static void take_symbol(void *context, uint64_t position, const struct ig_symtab_entry *entry)
{
    struct reader *r = context;
    (void)position;
    uint16_t index = entry->version & IG_VERSION_MASK;
    r->out->list[r->out->count++] = (struct ig_symbol){
        .name = entry->name,
        .version = index > VER_NDX_GLOBAL && r->versions != NULL ? r->versions[index] : NULL,
        .defined = entry->section != SHN_UNDEF,
        .weak = ELF64_ST_BIND(entry->info) == STB_WEAK,
    };
}

static int read_table(struct reader *r, struct ig_error *e)
{
    const struct ig_dynamic *d = r->table.dynamic;
    if (r->table.count == 0) {
        return 0;
    }
    if (!r->table.whole) {
        r->table.fault = "its dynamic string table is larger than initgate reads";
        return 0;
    }
    r->out->list = ig_alloc_array((size_t)r->table.count, sizeof *r->out->list);
    if (d->versym != 0) {
        r->versions = ig_alloc_array(IG_VERSION_MASK + 1, sizeof *r->versions);
        if (ig_versions_visit(r->table.view.from, r->table.view.image, d, take_version, r, e) !=
            0) {
            return -1;
        }
    }
    ig_symtab_each(&r->table, take_symbol, r);
    return 0;
}

int ig_symbols_parse(const struct ig_bytes *from, const struct ig_image *image,
                     const struct ig_dynamic *dynamic, struct ig_symbols *out, char **fault_text,
                     struct ig_error *e)
{
    struct reader r = {.out = out};
    *out = (struct ig_symbols){0};
    *fault_text = NULL;
    struct ig_symtab_room room = {0};
    ig_symtab_open(&r.table, from, image, dynamic, &room);
    int status = read_table(&r, e);
    out->strings = room.data;
    if (status == 0 && r.table.error != 0) {
        status = ig_error_set(e, r.table.error, "cannot read the dynamic symbols");
    }
    free(r.versions);
    if (status != 0) {
        ig_symbols_free(out);
    } else if (r.table.fault != NULL) {
        *fault_text = ig_strdup(r.table.fault);
    }
    return status;
}

void ig_symbols_free(struct ig_symbols *symbols)
{
    free(symbols->list);
    free(symbols->strings);
    *symbols = (struct ig_symbols){0};
}
