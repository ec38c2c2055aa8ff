/* SPDX-License-Identifier: Apache-2.0 */
/* DT_VERNEED and DT_VERDEF (LSB "Symbol Versioning"); for dynamic.c alone. */
#ifndef IG_ELF_VERSIONS_H
#define IG_ELF_VERSIONS_H

#include "elf/dynamic.h"
#include "elf/names.h"

struct ig_version_tables {
    struct ig_names *names;
    uint64_t verneed, verneed_count, verdef, verdef_count;  /* addresses, numbers of entries */
};

/* Fill D's version_needs and versions; what is malformed becomes D's fault. -1 where reading
 * failed. */
int ig_versions_parse(const struct ig_bytes *from, const struct ig_image *image,
                      const struct ig_version_tables *tables, struct ig_dynamic *d,
                      struct ig_error *e);

#endif
