/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/unbound.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "elf/linkages.h"

struct search {
    const struct ig_linkages *linkages;
    size_t *order;  /* indices, the object that defined something last first: mostly the C library,
                       then what the object at hand is linked against */
};

/* In any object from FIRST on; which of them it is does not matter here. */
static bool is_defined(struct search *s, const struct ig_reference *ref, bool call, size_t first)
{
    for (size_t i = 0; i < s->linkages->count; i++) {
        size_t object = s->order[i];
        if (object >= first && ig_linkage_defines(s->linkages->list[object], ref, call)) {
            memmove(s->order + 1, s->order, i * sizeof *s->order);
            s->order[0] = object;
            return true;
        }
    }
    return false;
}

static bool is_bound(struct search *s, const struct ig_reference *ref, bool now)
{
    return ((ref->flags & IG_REF_DATA) == 0 || is_defined(s, ref, false, 0)) &&
           ((ref->flags & IG_REF_COPY) == 0 || is_defined(s, ref, false, 1)) &&
           ((ref->flags & IG_REF_CALL) == 0 || !now || is_defined(s, ref, true, 0));
}

int ig_unbound_each(const struct ig_resolution *resolution, bool bind_now,
                    ig_unbound_visit *visit, void *context, struct ig_error *e)
{
    struct ig_linkages linkages;
    if (ig_linkages_get(resolution, &linkages, e) != 0) {
        return -1;
    }
    struct search search = {
        .linkages = &linkages,
        .order = ig_alloc_array(linkages.count, sizeof *search.order),
    };
    for (size_t i = 0; i < linkages.count; i++) {
        search.order[i] = i;
    }
    /* The loader relocates the last object first; itself it has relocated long before. */
    for (size_t i = resolution->count; i-- > 0;) {
        const struct ig_object *object = &resolution->objects[i];
        bool now = bind_now || object->file->dynamic.bind_now;
        const struct ig_linkage *linkage = linkages.list[i];
        for (size_t n = 0; object->rule != IG_RULE_LOADER && n < linkage->ref_count; n++) {
            if (!is_bound(&search, &linkage->refs[n], now)) {
                visit(context, object, linkage->refs[n].symbol);
            }
        }
    }
    free(search.order);
    ig_linkages_free(&linkages);
    return 0;
}
