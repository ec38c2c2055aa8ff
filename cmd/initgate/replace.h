/* SPDX-License-Identifier: Apache-2.0 */
/* A file that appears whole under its name, or not at all. */
#ifndef IG_CMD_REPLACE_H
#define IG_CMD_REPLACE_H

#include <stddef.h>

#include "core/error.h"

struct replacement {
    const char *path;
    int folder, fd;
    const char *name;  /* in the folder */
    char *temporary;   /* its name until then; NULL where it has none */
};

/* Begin to write PATH. Where the file system can (O_TMPFILE), a process that is killed leaves nothing
 * behind. */
int replace_begin(struct replacement *r, const char *path, struct ig_error *e);
/* CONTEXT is the struct replacement. */
int replace_write(void *context, const char *data, size_t size, struct ig_error *e);
/* Put it in its place, on the disk, with MODE. */
int replace_finish(struct replacement *r, unsigned mode, struct ig_error *e);
/* In any case; forgets what was not finished. */
void replace_end(struct replacement *r);

#endif
