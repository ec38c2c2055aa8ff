/* SPDX-License-Identifier: Apache-2.0 */
/* The part of `initgate inspect` that tells what Go left in a program: its build info and the files
 * embedded in it. */
#ifndef IG_INSPECT_GO_H
#define IG_INSPECT_GO_H

#include "core/buf.h"
#include "core/json.h"
#include "elf/gobuild.h"
#include "elf/goembed.h"

struct ig_inspect_go {
    struct ig_go_info info;
    struct ig_go_embeds embeds;
    char *embeds_fault;  /* why they cannot be told, or NULL; owned */
};

/* -1 only where the file cannot be read; GO is empty then. */
int ig_inspect_go_gather(struct ig_inspect_go *go, const struct ig_bytes *from,
                         const struct ig_image *image, struct ig_error *e);
void ig_inspect_go_free(struct ig_inspect_go *go);

/* Lines "go ...": none where there is nothing of Go. Dependencies and files are counted. */
void ig_inspect_go_text(struct ig_buf *out, const struct ig_inspect_go *go);
/* Members "go" (null, or an object; with only "fault" where it is malformed) and "goEmbeds" (null
 * where they cannot be told). */
void ig_inspect_go_json(struct ig_json *j, const struct ig_inspect_go *go);

#endif
