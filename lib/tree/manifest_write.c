/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tree/manifest.h"

enum { PIECE = 64 << 10 };

char ig_manifest_letter(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return 'f';
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFIFO:
        return 'p';
    case S_IFSOCK:
        return 's';
    case S_IFBLK:
        return 'b';
    case S_IFCHR:
        return 'c';
    default:
        return '?';
    }
}

/* printf(3) takes longer than all else for 200,000 lines. */
static void add_number(struct ig_buf *out, uint64_t value)
{
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    ig_buf_add(out, text + at, sizeof text - at);
}

static void add_hex(struct ig_buf *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *to = ig_buf_reserve(out, 2 * size);
    for (size_t i = 0; i < size; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    to[2 * size] = '\0';
    out->length += 2 * size;
}

static void add_escaped(struct ig_buf *out, const char *text, size_t length)
{
    char *start = ig_buf_reserve(out, 4 * length);
    char *to = start;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c == 0x7f || c == '\\') {
            *to++ = '\\';
            *to++ = (char)('0' + (c >> 6));
            *to++ = (char)('0' + (c >> 3 & 7));
            *to++ = (char)('0' + (c & 7));
        } else {
            *to++ = (char)c;
        }
    }
    *to = '\0';
    out->length += (size_t)(to - start);
}

static void add_mode(struct ig_buf *out, const struct ig_tree_entry *entry, unsigned without)
{
    char digits[4];
    if (S_ISLNK(entry->mode) || (without & IG_WITHOUT_MODE) != 0) {
        ig_buf_add(out, "-", 1);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        digits[i] = (char)('0' + (entry->mode >> (9 - 3 * i) & 7));
    }
    ig_buf_add(out, digits, sizeof digits);
}

static void add_owner(struct ig_buf *out, const struct ig_tree_entry *entry, unsigned without)
{
    if ((without & IG_WITHOUT_OWNER) != 0) {
        ig_buf_add(out, "-", 1);
        return;
    }
    add_number(out, entry->uid);
    ig_buf_add(out, ":", 1);
    add_number(out, entry->gid);
}

/* Size or device, digest, capability. */
static void add_content(struct ig_buf *out, const struct ig_tree_entry *entry)
{
    const struct ig_tree_extra *extra = entry->extra;
    if (S_ISREG(entry->mode)) {
        add_number(out, entry->size);
        ig_buf_add(out, " ", 1);
        /* Another mount lies on it, whose content is no part of this tree: no manifest equals this. */
        if ((entry->flags & IG_TREE_MOUNT) != 0) {
            ig_buf_add(out, "-", 1);
        } else {
            add_hex(out, entry->of.digest, sizeof entry->of.digest);
        }
    } else if ((S_ISCHR(entry->mode) || S_ISBLK(entry->mode)) && extra != NULL) {
        add_number(out, extra->rdev_major);
        ig_buf_add(out, ":", 1);
        add_number(out, extra->rdev_minor);
        ig_buf_add(out, " -", 2);
    } else {
        ig_buf_add(out, "- -", 3);
    }
    ig_buf_add(out, " ", 1);
    if (extra != NULL && extra->capability_size > 0) {
        add_hex(out, extra->capability, extra->capability_size);
    } else {
        ig_buf_add(out, "-", 1);
    }
}

static void add_line(struct ig_buf *out, const struct ig_tree_entry *entry, unsigned without,
                     struct ig_buf *path)
{
    path->length = 0;
    ig_tree_path(entry, path);
    ig_buf_add(out, (char[]){ig_manifest_letter(entry->mode), ' '}, 2);
    add_mode(out, entry, without);
    ig_buf_add(out, " ", 1);
    add_owner(out, entry, without);
    ig_buf_add(out, " ", 1);
    add_content(out, entry);
    ig_buf_add(out, " ", 1);
    add_escaped(out, path->data, path->length);
    if (entry->extra != NULL && entry->extra->target != NULL) {
        ig_buf_adds(out, " -> ");
        add_escaped(out, entry->extra->target, strlen(entry->extra->target));
    }
    ig_buf_add(out, "\n", 1);
}

int ig_manifest_write(const struct ig_tree *tree, unsigned without, ig_manifest_sink *sink,
                      void *context, struct ig_error *e)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    IG_AUTO_BUF struct ig_buf path = {0};
    int status = 0;
    ig_buf_adds(&text, "initgate-tree 1");
    if (without != 0) {
        ig_buf_adds(&text, " without");
    }
    ig_buf_adds(&text, (without & IG_WITHOUT_OWNER) != 0 ? " owner" : "");
    ig_buf_adds(&text, (without & IG_WITHOUT_MODE) != 0 ? " mode" : "");
    ig_buf_adds(&text, "\n");
    for (size_t i = 0; i < tree->count && status == 0; i++) {
        add_line(&text, tree->entries[i], without, &path);
        if (text.length >= PIECE) {
            status = sink(context, text.data, text.length, e);
            text.length = 0;
        }
    }
    return status == 0 && text.length > 0 ? sink(context, text.data, text.length, e) : status;
}

static int digest_piece(void *context, const char *data, size_t size, struct ig_error *e)
{
    (void)e;
    ig_sha256_add(context, data, size);
    return 0;
}

int ig_manifest_digest(const struct ig_tree *tree, unsigned without, struct ig_sha256 *out,
                       struct ig_error *e)
{
    struct ig_sha256_stream *stream = ig_sha256_begin();
    int written = ig_manifest_write(tree, without, digest_piece, stream, e);
    int ended = ig_sha256_end(stream, out, e);
    return written == 0 ? ended : -1;
}
