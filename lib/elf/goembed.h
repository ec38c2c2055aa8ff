/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a Go program carries in its embed.FS variables (//go:embed), found in its data
 * without symbols, so in stripped programs too. Go's compiler writes for each such variable (Go:
 * src/cmd/compile/internal/staticdata/embed.go WriteEmbed(), src/embed/embed.go) a slice header
 * that points just behind itself, and there the list: name, data and 16 bytes of the data's digest
 * for each file, folders with a final "/", sorted. A list counts as found only where the header
 * leads to itself, each name is one that io/fs takes, and the order is right. The digests confirm
 * it. Go has changed their form three times (see check_sum()), so a list in which none has a known
 * form is taken for a later release's; one in which some have is a program that was changed.
 *
 * A //go:embed variable of type string or []byte keeps no name: those files cannot be seen. Nor can
 * those of a program that is packed (UPX), or that another compiler than Go's own (gc) made.
 */
#ifndef IG_ELF_GOEMBED_H
#define IG_ELF_GOEMBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "elf/image.h"

enum { IG_GO_EMBED_SUM = 16 };

struct ig_go_file {
    char *name;       /* slash-separated, relative to the package's folder, UTF-8; a folder's
                         without its final slash; owned, not escaped */
    bool directory;   /* then the rest is zero */
    uint64_t offset;  /* of the content in the program's file */
    uint64_t size;    /* bytes */
    uint8_t sum[IG_GO_EMBED_SUM];  /* the content's SHA-256, its first bytes */
};

/* All embed.FS variables' files, in the order of their addresses. The same name may be there more
 * than once: names are relative to their packages. */
struct ig_go_embeds {
    struct ig_go_file *files;
    size_t count;
    size_t variables;
};

/* lib/elf may not link libcrypto: SHA-256 of PREFIX_SIZE bytes at PREFIX and then SIZE bytes of
 * FROM from OFFSET on. -1 with E. */
typedef int ig_go_digest(const struct ig_bytes *from, uint64_t offset, uint64_t size,
                         const void *prefix, size_t prefix_size, uint8_t sum[32],
                         struct ig_error *e);

/* Find them. Returns 0 with what was found in OUT (none in what is no ELF), or -1: number is an
 * errno where reading failed, and 0 where the file is at fault: data that was changed, more names
 * than 16 MiB, or more to look at than 64 MiB and 16 times the file, as where segments
 * overlap. Memory: the names and about 1 MiB. */
int ig_go_embeds_find(const struct ig_bytes *from, const struct ig_image *image,
                      ig_go_digest *digest, struct ig_go_embeds *out,
                      struct ig_error *e);
void ig_go_embeds_free(struct ig_go_embeds *embeds);

#endif
