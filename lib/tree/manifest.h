/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests: what a tree should hold, a line an entry. doc/volumes.md defines the form of initgate's
 * own ("initgate-tree 1"), whose SHA256 is the tree's digest; checksum files of sha256sum(1) are read
 * too (core/sums.h).
 */
#ifndef IG_TREE_MANIFEST_H
#define IG_TREE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "crypto/digest.h"
#include "fsroot/tree.h"

enum {
    IG_WITHOUT_OWNER = 1,
    IG_WITHOUT_MODE = 2,
};

/* Receives the text piece by piece. 0, or -1 with E, which ends the writing. */
typedef int ig_manifest_sink(void *context, const char *data, size_t size, struct ig_error *e);

/* Write TREE, whose content was read (tree/content.h) and in which nothing failed. */
int ig_manifest_write(const struct ig_tree *tree, unsigned without, ig_manifest_sink *sink,
                      void *context, struct ig_error *e);
/* The tree's digest: the SHA256 of what ig_manifest_write() writes. */
int ig_manifest_digest(const struct ig_tree *tree, unsigned without, struct ig_sha256 *out,
                       struct ig_error *e);

/* --- reading ------------------------------------------------------------- */

enum ig_manifest_form { IG_MANIFEST_UNKNOWN, IG_MANIFEST_OWN, IG_MANIFEST_SUMS };

enum { IG_MANIFEST_CAPABILITY_MAX = 64 };  /* bytes; Linux has 24 */

/* One entry. All borrowed until the call returns; relative, plain paths. */
struct ig_manifest_line {
    size_t number;       /* from 1 */
    const char *path;
    char type;           /* f d l p s b c; 'f' in a checksum file, which has no more but the digest */
    uint32_t mode;       /* permission bits; not of symlinks, nor IG_WITHOUT_MODE */
    uint32_t uid, gid;   /* not IG_WITHOUT_OWNER */
    uint64_t size;       /* of files */
    uint32_t rdev_major, rdev_minor;
    uint8_t digest[IG_SHA256_BYTES];
    uint8_t capability[IG_MANIFEST_CAPABILITY_MAX];
    size_t capability_size;
    const char *target;  /* of symlinks, else NULL */
};

struct ig_manifest_parser {
    enum ig_manifest_form form;  /* known with the first line */
    unsigned without;            /* of its own form */
    int (*entry)(void *context, const struct ig_manifest_line *line, struct ig_error *e);
    void *context;
    /* private */
    struct ig_buf rest;          /* a line's beginning */
    struct ig_buf last;          /* the path before */
    size_t number, entries;
};

/* To a zeroed parser with ENTRY and CONTEXT set: pieces of the text as they come, then the end. -1
 * with a sentence that begins with the line's number: garbage, NUL, a path that leads outside, lines
 * out of order or (own form) twice, a last line that is cut short; or what ENTRY says. */
int ig_manifest_add(struct ig_manifest_parser *parser, const char *data, size_t size,
                    struct ig_error *e);
int ig_manifest_end(struct ig_manifest_parser *parser, struct ig_error *e);
void ig_manifest_free(struct ig_manifest_parser *parser);

/* The letter of a manifest for the type in MODE; '?' for what Linux does not have. */
char ig_manifest_letter(uint32_t mode);

#endif
