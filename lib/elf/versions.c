/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/versions.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/image_priv.h"

/* glibc's own libc.so.6 defines some fifty; the tables have no length of their own, so these bound
 * what is read of them. */
enum { TABLE_MAX = 1 << 20, ENTRIES_MAX = 65536, WINDOW = 2048 };

struct table {
    const struct ig_bytes *from;
    uint64_t offset;      /* in the file */
    size_t size;          /* to the end of its segment, or what is read at most */
    bool little;
    int error;            /* errno of a read that failed, else 0 */
    size_t window_at, window_size;
    uint8_t window[WINDOW];
};

/* Are there LENGTH bytes at AT? Then they are in the window. */
static bool has(struct table *t, size_t at, size_t length)
{
    if (at > t->size || length > t->size - at || t->error != 0) {
        return false;
    }
    if (at < t->window_at || at - t->window_at > t->window_size ||
        length > t->window_size - (at - t->window_at)) {
        size_t room = t->size - at < WINDOW ? t->size - at : WINDOW;
        ssize_t n = ig_bytes_read_at(t->from, t->window, room, t->offset + at);
        t->error = n < 0 ? errno : 0;
        t->window_at = at;
        t->window_size = n > 0 ? (size_t)n : 0;
    }
    return length <= t->window_size;
}

/* Of bytes that has() saw. */
static uint16_t half(const struct table *t, size_t at)
{
    const uint8_t *p = t->window + (at - t->window_at);
    return t->little ? (uint16_t)(p[0] | p[1] << 8) : (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t word(const struct table *t, size_t at)
{
    uint32_t a = half(t, at);
    uint32_t b = half(t, at + 2);
    return t->little ? a | b << 16 : a << 16 | b;
}

static void fault(struct ig_dynamic *d, const char *text)
{
    if (d->fault == NULL) {
        d->fault = text;
    }
}

static void open_table(const struct ig_bytes *from, const struct ig_image *image, uint64_t vaddr,
                       struct table *t)
{
    uint64_t room = 0;
    uint64_t offset = ig_image_offset(image, vaddr, &room);
    /* The window is left as it is: clearing it would cost more than reading the table. */
    t->from = from;
    t->offset = offset;
    t->little = image->e_data == ELFDATA2LSB;
    t->error = 0;
    t->window_at = t->window_size = 0;
    t->size = offset == UINT64_MAX ? 0 : room < TABLE_MAX ? (size_t)room : TABLE_MAX;
}

static int table_status(const struct table *t, struct ig_error *e)
{
    return t->error == 0 ? 0 : ig_error_set(e, t->error, "cannot read the symbol versions");
}

static void add_need(struct ig_dynamic *d, struct ig_arena *memory, const char *file,
                     const char *version, uint32_t hash, bool weak)
{
    size_t n = d->version_need_count;
    d->version_needs = ig_arena_room(memory, d->version_needs, n, sizeof *d->version_needs);
    d->version_needs[d->version_need_count++] =
        (struct ig_version_need){file, version, hash, weak};
}

/* Elfxx_Vernaux: vna_hash, vna_flags (half), vna_other (half), vna_name, vna_next. */
static bool parse_needs_of(struct table *t, struct ig_names *names, size_t at,
                           const char *file, struct ig_dynamic *d)
{
    for (;;) {
        if (!has(t, at, sizeof(Elf64_Vernaux)) || d->version_need_count >= ENTRIES_MAX) {
            return false;
        }
        const char *version = ig_names_get(names, word(t, at + 8));
        uint32_t next = word(t, at + 12);
        if (version == NULL) {
            return false;
        }
        add_need(d, names->memory, file, version, word(t, at), (half(t, at + 4) & VER_FLG_WEAK) != 0);
        if (next == 0) {
            return true;
        }
        if (next > t->size - at) {
            return false;
        }
        at += next;
    }
}

/* Elfxx_Verneed: vn_version (half), vn_cnt (half), vn_file, vn_aux, vn_next. */
static bool parse_needs(struct table *t, struct ig_names *names, struct ig_dynamic *d)
{
    size_t at = 0;
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        if (!has(t, at, sizeof(Elf64_Verneed)) || half(t, at) != VER_NEED_CURRENT) {
            return false;
        }
        uint32_t aux = word(t, at + 8);
        uint32_t next = word(t, at + 12);
        const char *file = ig_names_get(names, word(t, at + 4));
        if (file == NULL || aux > t->size - at ||
            !parse_needs_of(t, names, at + aux, file, d)) {
            return false;
        }
        if (next == 0) {
            return true;
        }
        if (next > t->size - at) {
            return false;
        }
        at += next;
    }
    return false;
}

static void add_definition(struct ig_dynamic *d, struct ig_arena *memory, const char *name,
                           uint32_t hash)
{
    size_t n = d->version_count;
    d->versions = ig_arena_room(memory, d->versions, n, sizeof *d->versions);
    d->versions[d->version_count++] = (struct ig_version){name, hash};
}

/* Elfxx_Verdef: vd_version, vd_flags, vd_ndx, vd_cnt (halves), vd_hash, vd_aux, vd_next; its first
 * Elfxx_Verdaux (vda_name, vda_next) is its own name. */
static bool parse_definitions(struct table *t, struct ig_names *names, struct ig_dynamic *d)
{
    size_t at = 0;
    for (;;) {
        if (!has(t, at, sizeof(Elf64_Verdef)) || half(t, at) != VER_DEF_CURRENT ||
            d->version_count >= ENTRIES_MAX) {
            return false;
        }
        bool base = (half(t, at + 2) & VER_FLG_BASE) != 0;
        uint32_t hash = word(t, at + 8);
        uint32_t aux = word(t, at + 12);
        uint32_t next = word(t, at + 16);
        if (aux > t->size - at || !has(t, at + aux, sizeof(Elf64_Verdaux))) {
            return false;
        }
        const char *name = ig_names_get(names, word(t, at + aux));
        if (name == NULL) {
            return false;
        }
        if (!base) {
            add_definition(d, names->memory, name, hash);
        }
        if (next == 0) {
            return true;
        }
        if (next > t->size - at) {
            return false;
        }
        at += next;
    }
}

int ig_versions_parse(const struct ig_bytes *from, const struct ig_image *image,
                      struct ig_names *names, struct ig_dynamic *d, struct ig_error *e)
{
    struct table table;
    if (d->verneed != 0) {
        open_table(from, image, d->verneed, &table);
        if (!parse_needs(&table, names, d)) {
            fault(d, "its table of needed symbol versions (DT_VERNEED) is malformed");
        }
        if (table_status(&table, e) != 0) {
            return -1;
        }
    }
    if (d->verdef != 0) {
        open_table(from, image, d->verdef, &table);
        if (!parse_definitions(&table, names, d)) {
            fault(d, "its table of defined symbol versions (DT_VERDEF) is malformed");
        }
        return table_status(&table, e);
    }
    return 0;
}

/* What follows walks the same tables, which are sound or end early here. */
static void visit_needs(struct table *t, ig_version_visit *visit, void *context)
{
    size_t at = 0;
    size_t left = ENTRIES_MAX;
    while (left-- > 0 && has(t, at, sizeof(Elf64_Verneed))) {
        size_t aux = at + (size_t)word(t, at + 8);
        uint32_t next = word(t, at + 12);
        uint32_t step = 1;
        for (; left > 0 && step != 0 && has(t, aux, sizeof(Elf64_Vernaux)); aux += step, left--) {
            visit(context, half(t, aux + 6), word(t, aux + 8));
            step = word(t, aux + 12);
        }
        if (next == 0) {
            return;
        }
        at += next;
    }
}

static void visit_definitions(struct table *t, ig_version_visit *visit, void *context)
{
    size_t at = 0;
    while (has(t, at, sizeof(Elf64_Verdef))) {
        uint16_t index = half(t, at + 4);
        size_t aux = at + (size_t)word(t, at + 12);
        uint32_t next = word(t, at + 16);
        if (has(t, aux, sizeof(Elf64_Verdaux))) {
            visit(context, index, word(t, aux));
        }
        if (next == 0) {
            return;
        }
        at += next;
    }
}

int ig_versions_visit(const struct ig_bytes *from, const struct ig_image *image,
                      const struct ig_dynamic *d, ig_version_visit *visit, void *context,
                      struct ig_error *e)
{
    struct table table;
    if (d->verneed != 0) {
        open_table(from, image, d->verneed, &table);
        visit_needs(&table, visit, context);
        if (table_status(&table, e) != 0) {
            return -1;
        }
    }
    if (d->verdef != 0) {
        open_table(from, image, d->verdef, &table);
        visit_definitions(&table, visit, context);
        return table_status(&table, e);
    }
    return 0;
}
