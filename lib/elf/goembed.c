/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/goembed.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "elf/reloc.h"
#include "elf/view.h"

enum { PIECE = 1 << 20, NAME_BYTES = 4096, BATCH = 64, SHA256 = 32 };

static const uint64_t names_max = 16 << 20;
static const uint64_t work_floor = 64 << 20, work_factor = 16;

struct scan {
    const struct ig_view *view;
    ig_go_digest *digest;
    struct ig_relocs relocs;
    struct ig_go_embeds *out;
    size_t room;        /* of out->files */
    uint64_t names;     /* bytes that the names take so far */
    uint64_t work;      /* bytes looked at, beside those that relocs counts */
    uint64_t work_max;
    uint8_t *piece;     /* of the data; owned */
    size_t piece_size;
    struct ig_error *e;
};

/* One entry of the list as it lies in memory: Go's `type file struct` of src/embed/embed.go. */
struct entry {
    uint64_t name, name_length, data, size;
    const uint8_t *hash;
};

static size_t entry_size(const struct ig_view *view)
{
    return (size_t)4 * view->word + IG_GO_EMBED_SUM;
}

static struct entry take_entry(const struct ig_view *view, const uint8_t *p)
{
    return (struct entry){
        .name = ig_view_word(view, p),
        .name_length = ig_view_word(view, p + view->word),
        .data = ig_view_word(view, p + (size_t)2 * view->word),
        .size = ig_view_word(view, p + (size_t)3 * view->word),
        .hash = p + (size_t)4 * view->word,
    };
}

static int charge(struct scan *s, uint64_t bytes)
{
    s->work += bytes;
    if (s->work + s->relocs.work > s->work_max) {
        return ig_error_set(s->e, 0, "looking for embedded files would take too long in a file "
                                     "like this one");
    }
    return 0;
}

static int io_error(const struct scan *s)
{
    ig_error_set(s->e, errno, "cannot read the program's data");
    return -1;
}

/* io/fs.ValidPath(), and no NUL, of LENGTH bytes. */
static bool valid_path(const char *name, size_t length)
{
    size_t start = 0;
    unsigned rune;
    for (size_t i = 0; i < length;) {
        size_t n = ig_utf8_decode(name + i, length - i, &rune);
        if (n == 0 || rune == 0) {
            return false;
        }
        i += n;
    }
    for (size_t i = 0; i <= length; i++) {
        if (i < length && name[i] != '/') {
            continue;
        }
        size_t n = i - start;
        if (n == 0 || (n == 1 && name[start] == '.') ||
            (n == 2 && memcmp(name + start, "..", 2) == 0)) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

struct split {
    const char *dir, *elem;
    size_t dir_length;
};

static struct split split(const char *name)
{
    const char *slash = strrchr(name, '/');
    if (slash == NULL) {
        return (struct split){".", name, 1};
    }
    return (struct split){name, slash + 1, (size_t)(slash - name)};
}

/* embedFileLess() */
static bool sorted(const char *before, const char *after)
{
    struct split x = split(before), y = split(after);
    size_t shorter = x.dir_length < y.dir_length ? x.dir_length : y.dir_length;
    int order = memcmp(x.dir, y.dir, shorter);
    if (order != 0 || x.dir_length != y.dir_length) {
        return order < 0 || (order == 0 && x.dir_length < y.dir_length);
    }
    return strcmp(x.elem, y.elem) < 0;
}

/* 1 with the name in FILE, 0 where it is none, -1 on failure. */
static int take_name(struct scan *s, const struct entry *entry, struct ig_go_file *file)
{
    char name[NAME_BYTES];
    if (entry->name_length == 0 || entry->name_length > sizeof name) {
        return 0;
    }
    size_t length = (size_t)entry->name_length;
    ssize_t n = ig_view_read(s->view, entry->name, name, length);
    if (n < 0) {
        return io_error(s);
    }
    if (charge(s, length) != 0) {
        return -1;
    }
    if ((size_t)n != length) {
        return 0;
    }
    file->directory = name[length - 1] == '/';
    length -= file->directory;
    if (!valid_path(name, length)) {
        return 0;
    }
    file->name = ig_strndup(name, length);
    return 1;
}

static bool is_zero(const uint8_t *p, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) {
        any |= p[i];
    }
    return any == 0;
}

/* Where the content is, and the digest that the list gives: 1, or 0 where the entry is none. */
static int take_content(const struct scan *s, const struct entry *entry, struct ig_go_file *file)
{
    uint64_t left = 0;
    if (file->directory) {
        return entry->data == 0 && entry->size == 0 && is_zero(entry->hash, IG_GO_EMBED_SUM);
    }
    if (entry->size != 0 &&
        (!ig_view_offset(s->view, entry->data, &file->offset, &left) || left < entry->size)) {
        return 0;
    }
    file->size = entry->size;
    memcpy(file->sum, entry->hash, IG_GO_EMBED_SUM);
    return 1;
}

/* The first byte of A may be any: Go 1.24 flips its lowest bit, Go 1.26 all of it. */
static bool agree(const uint8_t *a, const uint8_t *sum, uint8_t flip)
{
    for (size_t i = 1; i < IG_GO_EMBED_SUM; i++) {
        if (a[i] != (uint8_t)(sum[i] ^ flip)) {
            return false;
        }
    }
    return true;
}

/* Put the content's own SHA-256 in the place of what the list recorded. *KNOWN: that was what some
 * Go release writes: SHA-256 (1.16), its complement (1.19), since 1.24 for up to 1024 bytes SHA-256
 * with the first byte changed, for more that of a byte 1 and the content. */
static int check_sum(struct scan *s, struct ig_go_file *file, bool *known)
{
    static const uint8_t one = 1;
    uint8_t sum[SHA256];
    if (charge(s, 2 * file->size) != 0 ||
        s->digest(s->view->from, file->offset, file->size, NULL, 0, sum, s->e) != 0) {
        return -1;
    }
    *known = agree(file->sum, sum, 0) || agree(file->sum, sum, 0xff);
    if (!*known) {
        uint8_t other[SHA256];
        if (s->digest(s->view->from, file->offset, file->size, &one, 1, other, s->e) != 0) {
            return -1;
        }
        *known = agree(file->sum, other, 0);
    }
    memcpy(file->sum, sum, IG_GO_EMBED_SUM);
    return 0;
}

/* One list has the digests of one Go release. */
static int check_sums(struct scan *s, size_t first)
{
    const struct ig_go_file *odd = NULL;
    size_t known = 0;
    for (size_t i = first; i < s->out->count; i++) {
        struct ig_go_file *file = &s->out->files[i];
        bool is_known = false;
        if (file->directory) {
            continue;
        }
        if (check_sum(s, file, &is_known) != 0) {
            return -1;
        }
        known += is_known;
        odd = is_known ? odd : file;
    }
    if (known != 0 && odd != NULL) {
        IG_AUTO_FREE char *name = ig_escaped(odd->name);
        return ig_error_set(s->e, 0, "the embedded file %s has not the digest that is recorded "
                                     "for it: the program was changed after it was built", name);
    }
    return 0;
}

static void forget(struct scan *s, size_t from)
{
    while (s->out->count > from) {
        s->names -= strlen(s->out->files[--s->out->count].name) + sizeof *s->out->files;
        free(s->out->files[s->out->count].name);
    }
}

/* Append one entry. 1, or 0 where it is none, or -1. FIRST is the list's first file in OUT. */
static int add_entry(struct scan *s, const uint8_t *p, size_t first)
{
    struct ig_go_embeds *out = s->out;
    struct ig_go_file file = {0};
    struct entry entry = take_entry(s->view, p);
    int result = take_name(s, &entry, &file);
    if (result == 1 && out->count > first) {
        result = sorted(out->files[out->count - 1].name, file.name);
    }
    if (result == 1) {
        result = take_content(s, &entry, &file);
    }
    if (result != 1) {
        free(file.name);
        return result;
    }
    if (out->count == s->room) {
        s->room = s->room != 0 ? 2 * s->room : 16;
        out->files = ig_realloc_array(out->files, s->room, sizeof *out->files);
    }
    out->files[out->count++] = file;
    s->names += strlen(file.name) + sizeof file;
    if (s->names > names_max) {
        return ig_error_set(s->e, 0, "the names of its embedded files take more than 16 MiB");
    }
    return 1;
}

/* Append the COUNT entries at ADDR: 1, or 0 where they are no list of embedded files, or -1. */
static int add_entries(struct scan *s, uint64_t addr, uint64_t count)
{
    uint8_t batch[BATCH * (4 * 8 + IG_GO_EMBED_SUM)];
    size_t size = entry_size(s->view);
    size_t first = s->out->count;
    for (uint64_t done = 0; done < count;) {
        size_t want = count - done < BATCH ? (size_t)(count - done) : BATCH;
        ssize_t n = ig_relocs_read(&s->relocs, addr + done * size, batch, want * size);
        if (n < 0) {
            return io_error(s);
        }
        if ((size_t)n != want * size) {
            return 0;
        }
        for (size_t i = 0; i < want; i++) {
            int result = add_entry(s, batch + i * size, first);
            if (result != 1) {
                return result;
            }
        }
        done += want;
    }
    return 1;
}

/* Judge the list whose header is at ADDR. *SIZE: its bytes where it is one, else untouched. */
static int take_list(struct scan *s, uint64_t addr, uint64_t count, uint64_t *size)
{
    size_t first = s->out->count;
    int result = add_entries(s, addr + (uint64_t)3 * s->view->word, count);
    bool any = false;
    for (size_t i = first; i < s->out->count; i++) {
        any = any || !s->out->files[i].directory;
    }
    if (result != 1 || !any) {
        forget(s, first);
        return result < 0 ? -1 : 0;
    }
    if (check_sums(s, first) != 0) {
        return -1;
    }
    s->out->variables++;
    *size = (uint64_t)3 * s->view->word + count * entry_size(s->view);
    return 0;
}

/* Does the header of a list lie here: a slice that begins just behind its own header? */
static bool is_header(const struct ig_view *view, const uint8_t *p, uint64_t addr, uint64_t *count)
{
    if (ig_view_word(view, p) != addr + (uint64_t)3 * view->word) {
        return false;
    }
    *count = ig_view_word(view, p + view->word);
    return *count != 0 && *count == ig_view_word(view, p + (size_t)2 * view->word);
}

/* *SKIP: bytes that are known not to begin a list. */
static int scan_piece(struct scan *s, size_t size, uint64_t addr, uint64_t *skip)
{
    size_t header = (size_t)3 * s->view->word;
    uint64_t i = *skip;
    for (; i + header <= size; i += s->view->word) {
        uint64_t count;
        uint64_t found = 0;
        if (!is_header(s->view, s->piece + i, addr + i, &count)) {
            continue;
        }
        if (count > s->view->from->size / entry_size(s->view)) {
            continue;
        }
        if (take_list(s, addr + i, count, &found) != 0) {
            return -1;
        }
        i += found != 0 ? found - s->view->word : 0;
    }
    *skip = i;
    return 0;
}

static int scan_segment(struct scan *s, const struct ig_segment *segment)
{
    unsigned word = s->view->word;
    uint64_t skip = 0;
    uint64_t addr = (segment->vaddr + word - 1) / word * word;
    size_t keep = (size_t)3 * word - word;
    for (;;) {
        ssize_t n = ig_relocs_read(&s->relocs, addr, s->piece, s->piece_size);
        if (n < 0) {
            return io_error(s);
        }
        if (charge(s, 0) != 0 || scan_piece(s, (size_t)n, addr, &skip) != 0) {
            return -1;
        }
        if ((size_t)n < s->piece_size) {
            return 0;
        }
        /* A header may straddle the border: its last words are read again. */
        uint64_t step = s->piece_size - keep;
        skip = skip > step ? skip - step : 0;
        addr += step;
    }
}

static int scan_all(struct scan *s)
{
    const struct ig_image *image = s->view->image;
    if (ig_relocs_open(&s->relocs, s->view) != 0) {
        return io_error(s);
    }
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *segment = &image->segments[i];
        if (segment->type == PT_LOAD && segment->filesz != 0 &&
            scan_segment(s, segment) != 0) {
            return -1;
        }
    }
    return 0;
}

int ig_go_embeds_find(const struct ig_bytes *from, const struct ig_image *image,
                      ig_go_digest *digest, struct ig_go_embeds *out,
                      struct ig_error *e)
{
    struct ig_view view;
    *out = (struct ig_go_embeds){0};
    if (!ig_view_open(&view, from, image)) {
        return 0;
    }
    struct scan scan = {
        .view = &view,
        .digest = digest,
        .out = out,
        .work_max = from->size < UINT64_MAX / 32 ? work_floor + work_factor * from->size
                                                 : UINT64_MAX,
        .e = e,
    };
    /* A small program, of which there are many, needs no large buffer. It holds a header. */
    scan.piece_size = from->size < PIECE ? ((size_t)from->size + 63) / 8 * 8 : PIECE;
    scan.piece = ig_alloc(scan.piece_size);
    int result = scan_all(&scan);
    free(scan.piece);
    ig_relocs_close(&scan.relocs);
    if (result != 0) {
        ig_go_embeds_free(out);
    }
    return result;
}

void ig_go_embeds_free(struct ig_go_embeds *embeds)
{
    for (size_t i = 0; i < embeds->count; i++) {
        free(embeds->files[i].name);
    }
    free(embeds->files);
    *embeds = (struct ig_go_embeds){0};
}
