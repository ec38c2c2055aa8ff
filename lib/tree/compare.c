/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/compare.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "tree/named.h"

enum { PIECE = 64 << 10 };

struct compare {
    const struct ig_tree *tree;
    struct ig_comparison *out;
    const struct ig_manifest_parser *parser;
    unsigned without;
    bool extra;
    size_t room;
    size_t next;          /* of the own form: the first entry that no line was held against */
    struct ig_buf path;   /* of that entry */
    bool path_known;
    struct ig_named named;  /* of a checksum file */
};

static void differ(struct compare *c, const char *kind, const char *path, char *detail)
{
    struct ig_comparison *out = c->out;
    if (out->count == c->room) {
        c->room = c->room * 2 + 16;
        out->list = ig_realloc_array(out->list, c->room, sizeof *out->list);
    }
    out->list[out->count++] =
        (struct ig_difference){.kind = kind, .path = ig_strdup(path), .detail = detail};
}

static const char *type_of(uint32_t mode)
{
    return ig_meta_type(&(struct ig_meta){.mode = mode});
}

static uint32_t mode_of_letter(char letter)
{
    static const struct {
        char letter;
        uint32_t mode;
    } types[] = {{'f', S_IFREG}, {'d', S_IFDIR}, {'l', S_IFLNK}, {'p', S_IFIFO},
                 {'s', S_IFSOCK}, {'b', S_IFBLK}, {'c', S_IFCHR}};
    for (size_t i = 0; i < IG_COUNT(types); i++) {
        if (types[i].letter == letter) {
            return types[i].mode;
        }
    }
    return 0;
}

static void add_part(struct ig_buf *out, const char *part)
{
    ig_buf_adds(out, out->length > 0 ? "; " : "");
    ig_buf_adds(out, part);
}

#define ADD_PART(out, ...) \
    do { \
        char *part_ = ig_format(__VA_ARGS__); \
        add_part((out), part_); \
        free(part_); \
    } while (0)

static void compare_permissions(const struct compare *c, const struct ig_tree_entry *entry,
                                const struct ig_manifest_line *line, struct ig_buf *out)
{
    unsigned without = c->without | c->parser->without;
    if ((without & IG_WITHOUT_MODE) == 0 && line->type != 'l' &&
        (entry->mode & 07777) != line->mode) {
        ADD_PART(out, "mode %04o, expected %04o", entry->mode & 07777, line->mode);
    }
    if ((without & IG_WITHOUT_OWNER) == 0 && (entry->uid != line->uid || entry->gid != line->gid)) {
        ADD_PART(out, "owner %u:%u, expected %u:%u", entry->uid, entry->gid, line->uid, line->gid);
    }
}

static void compare_attributes(const struct ig_tree_entry *entry,
                               const struct ig_manifest_line *line, struct ig_buf *out)
{
    const struct ig_tree_extra *extra = entry->extra;
    if (line->type == 'l' && entry->step == IG_TREE_FINE &&
        (extra == NULL || extra->target == NULL || strcmp(extra->target, line->target) != 0)) {
        IG_AUTO_FREE char *is =
            ig_escaped(extra != NULL && extra->target != NULL ? extra->target : "");
        IG_AUTO_FREE char *was = ig_escaped(line->target);
        ADD_PART(out, "target \"%s\", expected \"%s\"", is, was);
    }
    if ((line->type == 'b' || line->type == 'c') && extra != NULL &&
        (extra->rdev_major != line->rdev_major || extra->rdev_minor != line->rdev_minor)) {
        ADD_PART(out, "device %u:%u, expected %u:%u", extra->rdev_major, extra->rdev_minor,
                 line->rdev_major, line->rdev_minor);
    }
}

static void compare_capability(const struct ig_tree_entry *entry,
                               const struct ig_manifest_line *line, struct ig_buf *out)
{
    const struct ig_tree_extra *extra = entry->extra;
    size_t size = extra != NULL ? extra->capability_size : 0;
    if (size == line->capability_size &&
        (size == 0 || memcmp(extra->capability, line->capability, size) == 0)) {
        return;
    }
    add_part(out, line->capability_size == 0 ? "has a file capability, expected none"
                  : size == 0                ? "has no file capability, expected one"
                                             : "has another file capability");
}

static void compare_file(const struct compare *c, const struct ig_tree_entry *entry,
                         const struct ig_manifest_line *line, struct ig_buf *out)
{
    bool own = c->parser->form == IG_MANIFEST_OWN;
    if (own && entry->size != line->size) {
        ADD_PART(out, "size %llu, expected %llu", (unsigned long long)entry->size,
                 (unsigned long long)line->size);
    }
    if (entry->step != IG_TREE_FINE) {
        return;
    }
    if (memcmp(entry->of.digest, line->digest, sizeof line->digest) != 0) {
        add_part(out, "content differs");
    }
    if (own) {
        compare_capability(entry, line, out);
    }
}

/* Is nothing known of it that could differ? Where another mount lies, only its kind is the tree's. */
static bool is_unknown(const struct ig_tree_entry *entry)
{
    return entry->step == IG_TREE_LOOK || entry->step == IG_TREE_REPLACED ||
           entry->step == IG_TREE_CHANGED;
}

static void compare_entry(struct compare *c, const struct ig_tree_entry *entry,
                          const struct ig_manifest_line *line)
{
    struct ig_buf detail = {0};
    size_t permissions = 0;
    if (is_unknown(entry)) {
        return;
    }
    uint32_t expected = mode_of_letter(line->type);
    if ((entry->mode & S_IFMT) != expected) {
        ADD_PART(&detail, "%s, expected %s", type_of(entry->mode), type_of(expected));
    } else if ((entry->flags & IG_TREE_MOUNT) == 0) {
        if (c->parser->form == IG_MANIFEST_OWN) {
            compare_permissions(c, entry, line, &detail);
            permissions = detail.length;
            compare_attributes(entry, line, &detail);
        }
        if (line->type == 'f') {
            compare_file(c, entry, line, &detail);
        }
    }
    if (detail.length > 0) {
        bool only = detail.length == permissions;
        differ(c, "changed", line->path, ig_buf_steal(&detail));
        c->out->list[c->out->count - 1].permissions = only;
    }
    ig_buf_free(&detail);
}

/* What lies below a folder that could not be listed is not missing, but unknown. */
static bool is_hidden(const struct compare *c, const char *path)
{
    IG_AUTO_FREE char *above = ig_strdup(path);
    for (char *slash = strrchr(above, '/'); slash != NULL; slash = strrchr(above, '/')) {
        *slash = '\0';
        const struct ig_tree_entry *entry = ig_tree_find(c->tree, above);
        if (entry != NULL) {
            return entry->step != IG_TREE_FINE;
        }
    }
    return false;
}

static void say_missing(struct compare *c, const struct ig_manifest_line *line)
{
    if (!is_hidden(c, line->path)) {
        differ(c, "missing", line->path, ig_strdup(type_of(mode_of_letter(line->type))));
    }
}

/* A folder that may be there is still one in which files may lie that the own form lists. */
static void say_extra(struct compare *c, struct ig_tree_entry *entry, const char *path)
{
    bool holds_none = c->parser->form == IG_MANIFEST_SUMS || !S_ISDIR(entry->mode);
    if (!c->extra && entry->step != IG_TREE_LOOK && holds_none) {
        entry->flags |= IG_TREE_UNLISTED;
    } else if (c->extra && entry->step != IG_TREE_LOOK) {
        differ(c, "extra", path, ig_strdup(type_of(entry->mode)));
    }
}

static const char *next_path(struct compare *c)
{
    if (!c->path_known) {
        c->path.length = 0;
        ig_tree_path(c->tree->entries[c->next], &c->path);
        c->path_known = true;
    }
    return c->path.data;
}

/* Lines and entries are in one order. */
static void merge(struct compare *c, const struct ig_manifest_line *line)
{
    while (c->next < c->tree->count) {
        const char *path = next_path(c);
        int order = strcmp(path, line->path);
        if (order > 0) {
            break;
        }
        struct ig_tree_entry *entry = c->tree->entries[c->next];
        if (order == 0) {
            compare_entry(c, entry, line);
        } else {
            say_extra(c, entry, path);
        }
        c->next++;
        c->path_known = false;
        if (order == 0) {
            return;
        }
    }
    say_missing(c, line);
}

static int look_up(struct compare *c, const struct ig_manifest_line *line, struct ig_error *e)
{
    bool again = false;
    size_t i = ig_named_add(&c->named, line->path, &again);
    if (again) {
        IG_AUTO_FREE char *shown = ig_escaped(line->path);
        return ig_error_set(e, 0, "line %zu repeats a path: %s", line->number, shown);
    }
    if (i == c->tree->count) {
        say_missing(c, line);
    } else {
        compare_entry(c, c->tree->entries[i], line);
    }
    return 0;
}

static int take_line(void *context, const struct ig_manifest_line *line, struct ig_error *e)
{
    struct compare *c = context;
    bool sums = c->parser->form == IG_MANIFEST_SUMS;
    if (sums && c->named.tree == NULL) {
        ig_named_begin(&c->named, c->tree);
    }
    if (ig_tree_ignores(c->tree, line->path)) {
        if (sums) {
            ig_named_above(&c->named, line->path);
        }
        return 0;
    }
    if (sums) {
        return look_up(c, line, e);
    }
    merge(c, line);
    return 0;
}

static void find_extra(struct compare *c)
{
    for (size_t i = c->next; i < c->tree->count; i++) {
        if (c->parser->form == IG_MANIFEST_OWN || ig_named_lacks(&c->named, i)) {
            c->next = i;
            c->path_known = false;
            say_extra(c, c->tree->entries[i], next_path(c));
        }
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct ig_difference *)a)->path, ((const struct ig_difference *)b)->path);
}

static int read_manifest(struct ig_manifest_parser *parser, int fd,
                         struct ig_sha256_stream *stream, struct ig_comparison *out,
                         struct ig_error *e)
{
    IG_AUTO_FREE char *piece = ig_alloc(PIECE);
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(fd, piece, PIECE, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return ig_error_set(e, errno, "cannot read at byte %lld", (long long)at);
        }
        ig_sha256_add(stream, piece, (size_t)n);
        at += n;
        int status = n > 0 ? ig_manifest_add(parser, piece, (size_t)n, e)
                           : ig_manifest_end(parser, e);
        if (status != 0) {
            out->malformed = true;
            return -1;
        }
        if (n == 0) {
            return 0;
        }
    }
}

static int refuse(const struct compare *c, struct ig_error *e)
{
    unsigned lacks = c->parser->without & ~c->without;
    if (lacks == 0) {
        return 0;
    }
    c->out->refused = true;
    return ig_error_set(e, 0, "it was measured without %s",
                        lacks == (IG_WITHOUT_OWNER | IG_WITHOUT_MODE) ? "owner and mode"
                        : lacks == IG_WITHOUT_OWNER                   ? "owner"
                                                                      : "mode");
}

int ig_tree_compare(const struct ig_tree *tree, int fd, unsigned without, bool extra,
                    struct ig_sha256 *digest, struct ig_comparison *out, struct ig_error *e)
{
    struct compare c = {.tree = tree, .out = out, .without = without, .extra = extra};
    struct ig_manifest_parser parser = {.entry = take_line, .context = &c};
    struct ig_sha256_stream *stream = ig_sha256_begin();
    *out = (struct ig_comparison){0};
    c.parser = &parser;
    int status = read_manifest(&parser, fd, stream, out, e);
    if (ig_sha256_end(stream, digest, status == 0 ? e : NULL) != 0) {
        status = -1;
    }
    out->form = parser.form;
    out->without = parser.without;
    status = status == 0 ? refuse(&c, e) : status;
    if (status == 0) {
        find_extra(&c);
        if (out->count > 0 && parser.form == IG_MANIFEST_SUMS) {
            qsort(out->list, out->count, sizeof *out->list, by_path);
        }
    }
    ig_manifest_free(&parser);
    ig_buf_free(&c.path);
    ig_named_free(&c.named);
    return status;
}

void ig_comparison_free(struct ig_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        free(comparison->list[i].path);
        free(comparison->list[i].detail);
    }
    free(comparison->list);
    *comparison = (struct ig_comparison){0};
}
