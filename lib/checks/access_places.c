/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/access_places.h"

#include <search.h>
#include <string.h>

#include "checks/access_mend.h"
#include "core/mem.h"

static int by_path(const void *a, const void *b)
{
    const struct ig_access_place *left = a;
    const struct ig_access_place *right = b;
    return strcmp(left->path, right->path);
}

struct ig_access_place *ig_access_places_find(const struct ig_access_places *places,
                                              const char *path)
{
    struct ig_access_place key = {.path = (char *)path};
    void *const *found = tfind(&key, &places->by_path, by_path);
    return found != NULL ? *found : NULL;
}

struct ig_access_place *ig_access_places_add(struct ig_access_places *places, const char *path)
{
    struct ig_access_place *place = ig_access_places_find(places, path);
    if (place != NULL) {
        return place;
    }
    place = ig_alloc(sizeof *place);
    place->path = ig_strdup(path);
    tsearch(place, &places->by_path, by_path);
    *(places->last != NULL ? &places->last->next : &places->first) = place;
    places->last = place;
    return place;
}

typedef void visitor(struct ig_access_place *place, void *context);

static void see(const struct ig_access_places *places, const char *path, uint64_t mount,
                visitor *visit, void *context)
{
    struct ig_access_place *place = ig_access_places_find(places, path);
    if (place != NULL && place->mount.id == mount) {
        visit(place, context);
    }
}

/* Call VISIT for each place at or above PATH on MOUNT: what is asked of a volume is not asked of
 * another that is mounted in it. */
static void each_above(const struct ig_access_places *places, const char *path, uint64_t mount,
                       visitor *visit, void *context)
{
    see(places, ".", mount, visit, context);
    if (strcmp(path, ".") == 0) {
        return;
    }
    IG_AUTO_FREE char *prefix = ig_strdup(path);
    for (size_t n = strcspn(path, "/");; n += 1 + strcspn(path + n + 1, "/")) {
        prefix[n] = '\0';
        see(places, prefix, mount, visit, context);
        if (path[n] == '\0') {
            return;
        }
        prefix[n] = '/';
    }
}

static void add_wants(struct ig_access_place *place, void *context)
{
    unsigned *wants = context;
    *wants |= place->wants & ~(unsigned)IG_WANT_SEARCH;
}

unsigned ig_access_places_wants(const struct ig_access_places *places, const char *path,
                                uint64_t mount)
{
    unsigned wants = 0;
    each_above(places, path, mount, add_wants, &wants);
    return wants;
}

static void add_affected(struct ig_access_place *place, void *context)
{
    unsigned *wants = context;
    *wants |= place->refused & ~(unsigned)IG_WANT_SEARCH;
}

unsigned ig_access_places_affected(const struct ig_access_places *places, const char *path,
                                   uint64_t mount)
{
    const struct ig_access_place *place = ig_access_places_find(places, path);
    unsigned wants = place != NULL ? place->refused & IG_WANT_SEARCH : 0;
    each_above(places, path, mount, add_affected, &wants);
    return wants;
}

static void mark_refused(struct ig_access_place *place, void *context)
{
    place->refused |= place->wants & *(unsigned *)context;
}

void ig_access_places_refuse(const struct ig_access_places *places, const char *path,
                             uint64_t mount, unsigned want)
{
    if (want != IG_WANT_SEARCH) {
        each_above(places, path, mount, mark_refused, &want);
        return;
    }
    struct ig_access_place *place = ig_access_places_find(places, path);
    if (place != NULL) {
        place->refused |= want;
    }
}

struct enclosing {
    const struct ig_access_place *place;
    unsigned wants;
    bool found;
};

static void see_refused(struct ig_access_place *place, void *context)
{
    struct enclosing *e = context;
    e->found = e->found || (place != e->place && (place->refused & e->wants) != 0);
}

bool ig_access_places_outermost(const struct ig_access_places *places,
                                const struct ig_access_place *place, unsigned wants)
{
    struct enclosing enclosing = {.place = place,
                                  .wants = wants & ~(unsigned)IG_WANT_SEARCH};
    if ((place->refused & wants) == 0) {
        return false;
    }
    each_above(places, place->path, place->mount.id, see_refused, &enclosing);
    return !enclosing.found;
}

static void see_enclosing(struct ig_access_place *place, void *context)
{
    struct enclosing *e = context;
    e->found = e->found ||
               (place != e->place && (place->wants & ~(unsigned)IG_WANT_SEARCH) != 0);
}

bool ig_access_places_enclose(const struct ig_access_places *places,
                              const struct ig_access_place *place)
{
    struct enclosing enclosing = {.place = place};
    each_above(places, place->path, place->mount.id, see_enclosing, &enclosing);
    return enclosing.found;
}

static void keep(void *place)
{
    (void)place;  /* freed by the list */
}

void ig_access_places_free(struct ig_access_places *places)
{
    tdestroy(places->by_path, keep);
    while (places->first != NULL) {
        struct ig_access_place *place = places->first;
        places->first = place->next;
        ig_meta_free(&place->meta);
        ig_tree_free(place->tree);
        free(place->ignore);
        free(place->path);
        free(place);
    }
    *places = (struct ig_access_places){0};
}
