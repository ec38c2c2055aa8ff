/* SPDX-License-Identifier: Apache-2.0 */
/* The part of ig_measure() that concerns volumes. */
#ifndef IG_MEASURE_VOLUME_H
#define IG_MEASURE_VOLUME_H

#include "checks/scene.h"
#include "core/json.h"
#include "initgate.h"

struct ig_measured_volume;

struct ig_measured_volumes {
    struct ig_measured_volume *list;
    size_t count;
    const struct ig_measure_volumes *asked;
};

/* -1 with E where anything of them cannot be read, or changed meanwhile. Free it in any case. */
int ig_measure_volumes(const struct ig_scene *scene, const struct ig_measure_volumes *asked,
                       struct ig_measured_volumes *out, struct ig_error *e);
/* The policy's "volumes"; nothing where there are none. */
void ig_measured_volumes_write(const struct ig_measured_volumes *volumes, struct ig_json *j);
void ig_measured_volumes_free(struct ig_measured_volumes *volumes);

/* Can JSON hold the name? */
int ig_measure_name(const char *path, struct ig_error *e);

#endif
