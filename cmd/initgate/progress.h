/* SPDX-License-Identifier: Apache-2.0 */
/* How far a run has come: one line on standard error, which the next one covers. */
#ifndef IG_CMD_PROGRESS_H
#define IG_CMD_PROGRESS_H

#include <stdbool.h>

#include "core/buf.h"
#include "initgate.h"

/* "3 of 9 checks, 204 of 512 files, 1.2 GiB of 4.0 GiB, 1.5 GiB/s, 2 s left"; of
 * files that are explained "204 of 1412 files, /usr/bin/gdb". */
void progress_line(const struct ig_progress *progress, struct ig_buf *out);

/* ig_options.progress for a terminal. */
void show_progress(void *unused, const struct ig_progress *progress);
/* Take the line away again, where one may have been SHOWN. */
void clear_progress(bool shown);

#endif
