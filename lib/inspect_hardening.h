/* SPDX-License-Identifier: Apache-2.0 */
/* The part of `initgate inspect` that tells how a program was hardened. */
#ifndef IG_INSPECT_HARDENING_H
#define IG_INSPECT_HARDENING_H

#include "core/buf.h"
#include "core/json.h"
#include "elf/hardening.h"

/* Line "hardening", and "rpath", "runpath" where there is one; none where nothing is known. */
void ig_inspect_hardening_text(struct ig_buf *out, const struct ig_hardening *h);
/* Member "hardening": null, or an object. */
void ig_inspect_hardening_json(struct ig_json *j, const struct ig_hardening *h);

#endif
