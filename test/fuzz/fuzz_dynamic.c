/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic section, symbol versions and symbols of a file in memory. */
#include <stdlib.h>
#include <string.h>

#include "elf/dynamic.h"
#include "elf/linkage.h"

static void use_linkage(const struct ig_bytes *bytes, const struct ig_image *image,
                        const struct ig_dynamic *dynamic)
{
    struct ig_linkage linkage;
    struct ig_symtab_room room = {0};
    if (ig_linkage_parse(bytes, image, dynamic, &room, &linkage, NULL) != 0) {
        abort();
    }
    ig_symtab_room_free(&room);
    for (size_t i = 0; i < linkage.ref_count; i++) {
        ig_linkage_defines(&linkage, &linkage.refs[i], (linkage.refs[i].flags & IG_REF_CALL) != 0);
    }
    for (size_t i = 0; i < linkage.def_count; i++) {
        const struct ig_definition *def = &linkage.defs[i];
        struct ig_reference ref = {.name = def->name, .version = def->version};
        /* What it defines it must find. */
        if (def->version != 0 && !ig_linkage_defines(&linkage, &ref, false)) {
            abort();
        }
    }
    free(ig_linkage_name(bytes, image, dynamic, 1));
    ig_linkage_free(&linkage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t use(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

/* Reads all names; bytes of those that take memory. */
static size_t use_dynamic(const struct ig_dynamic *d)
{
    size_t n = use(d->soname) + use(d->rpath) + use(d->runpath);
    if (d->fault != NULL && d->fault[0] == '\0') {
        abort();
    }
    for (size_t i = 0; i < d->needed_count; i++) {
        n += strlen(d->needed[i]);
    }
    for (size_t i = 0; i < d->version_need_count; i++) {
        const struct ig_version_need *need = &d->version_needs[i];
        bool shared = i > 0 && need->file == d->version_needs[i - 1].file;
        n += (shared ? 0 : strlen(need->file)) + strlen(need->version);
    }
    for (size_t i = 0; i < d->version_count; i++) {
        n += strlen(d->versions[i].name);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_bytes bytes = ig_bytes_of_memory(data, size);
    struct ig_image image;
    IG_AUTO_ARENA struct ig_arena memory = {0};
    struct ig_dynamic dynamic;
    struct ig_symbols symbols;
    char *fault = NULL;
    if (ig_image_parse(&bytes, &image, NULL) != 0 ||
        ig_dynamic_parse(&bytes, &image, &memory, &dynamic, NULL) != 0 ||
        ig_symbols_parse(&bytes, &image, &dynamic, &symbols, &fault, NULL) != 0) {
        /* Memory can always be read. */
        abort();
    }
    /* Names are bounded, whatever the file repeats. */
    if (use_dynamic(&dynamic) > memory.used || memory.used > 16 << 20) {
        abort();
    }
    for (size_t i = 0; i < symbols.count; i++) {
        if (symbols.list[i].name[0] == '\0' || use(symbols.list[i].version) > size) {
            abort();
        }
    }
    free(fault);
    ig_symbols_free(&symbols);
    use_linkage(&bytes, &image, &dynamic);
    ig_image_free(&image);
    return 0;
}
