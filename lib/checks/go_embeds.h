/* SPDX-License-Identifier: Apache-2.0 */
/* ig_go_embeds_find() with libcrypto's digest: where lib/elf and lib/crypto meet. */
#ifndef IG_CHECKS_GO_EMBEDS_H
#define IG_CHECKS_GO_EMBEDS_H

#include <stdatomic.h>

#include "elf/goembed.h"

/* The files embedded in the program. PROGRESS (may be NULL) grows with each byte read. Result and
 * errors: ig_go_embeds_find(). */
int ig_go_embeds(const struct ig_bytes *from, const struct ig_image *image,
                 atomic_ullong *progress, struct ig_go_embeds *out, struct ig_error *e);

#endif
