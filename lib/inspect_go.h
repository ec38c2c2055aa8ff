/* SPDX-License-Identifier: Apache-2.0 */
/* The part of `initgate inspect` that tells a program's Go build info. */
#ifndef IG_INSPECT_GO_H
#define IG_INSPECT_GO_H

#include "core/buf.h"
#include "core/json.h"
#include "elf/gobuild.h"

/* Lines "go ...": none where there is no build info. Dependencies are counted. */
void ig_inspect_go_text(struct ig_buf *out, const struct ig_go_info *go);
/* Member "go": null, or an object with all there is; with only "fault" where it is malformed. */
void ig_inspect_go_json(struct ig_json *j, const struct ig_go_info *go);

#endif
