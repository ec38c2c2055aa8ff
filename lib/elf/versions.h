/* SPDX-License-Identifier: Apache-2.0 */
/* DT_VERNEED and DT_VERDEF (LSB "Symbol Versioning"); for dynamic.c alone. */
#ifndef IG_ELF_VERSIONS_H
#define IG_ELF_VERSIONS_H

#include "elf/dynamic.h"
#include "elf/names.h"

/* Fill D's version_needs and versions from its verneed and verdef; what is malformed becomes D's
 * fault. Loaders follow the tables' own links and look at no count (DT_VERNEEDNUM, vn_cnt). -1 where
 * reading failed. */
int ig_versions_parse(const struct ig_bytes *from, const struct ig_image *image,
                      struct ig_names *names, struct ig_dynamic *d, struct ig_error *e);

#endif
