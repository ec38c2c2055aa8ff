/* SPDX-License-Identifier: Apache-2.0 */
/* One binary explained: identity, what execve makes of it, loader, libraries, digest. It judges
 * nothing. */
#ifndef IG_INSPECT_FILE_H
#define IG_INSPECT_FILE_H

#include "checks/scene.h"
#include "checks/target.h"
#include "core/json.h"
#include "elf/hardening.h"
#include "elf/resolve.h"
#include "inspect_go.h"
#include "inspect_hardening.h"

/* What is told, gathered once and printed by any format. */
struct ig_facts {
    const char *path;               /* as it was named; borrowed */
    struct ig_target target;
    const struct ig_image *image;
    char digest[IG_SHA256_HEX + 1];
    struct ig_target loader;
    bool loader_sought;
    struct ig_inspect_go go;
    struct ig_hardening hardening;
    struct ig_resolution libraries;
    bool resolved, trace;
};

/* Look at the file NAME. FILES outlives the facts. *F is to be freed in either case. -1 where it
 * cannot be read to its end, or changed meanwhile. */
int ig_facts_gather(struct ig_facts *f, const struct ig_scene *scene, struct ig_files *files,
                    const char *name, bool trace, struct ig_error *e);
void ig_facts_free(struct ig_facts *f);

void ig_facts_text(const struct ig_facts *f, struct ig_buf *out);
/* An object. */
void ig_facts_json(const struct ig_facts *f, struct ig_json *j);

#endif
