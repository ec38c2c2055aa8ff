/* SPDX-License-Identifier: Apache-2.0 */
/* DT_VERNEED and DT_VERDEF (LSB "Symbol Versioning"); for dynamic.c alone. */
#ifndef IG_ELF_VERSIONS_H
#define IG_ELF_VERSIONS_H

#include "elf/dynamic.h"
#include "elf/names.h"

/* Fill D's version_needs and versions from its verneed and verdef; what is malformed becomes D's
 * fault. Loaders follow the tables' own links and look at no count (DT_VERNEEDNUM, vn_cnt). -1
 * where reading failed. */
int ig_versions_parse(const struct ig_bytes *from, const struct ig_image *image,
                      struct ig_names *names, struct ig_dynamic *d, struct ig_error *e);

/* Tell VISIT the index that DT_VERSYM uses for each version that is needed or defined, and where
 * its name lies in the string table. A malformed table ends early. -1 where reading failed. */
typedef void ig_version_visit(void *context, uint16_t index, uint32_t name);
int ig_versions_visit(const struct ig_bytes *from, const struct ig_image *image,
                      const struct ig_dynamic *d, ig_version_visit *visit, void *context,
                      struct ig_error *e);

#endif
