/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/generation.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/mem.h"
#include "core/text.h"
#include "fsroot/keys.h"

/* Swaps take the kubelet a minute: who meets several in a row has no kubelet's volume before it. */
enum { SWAPS_MAX = 16 };

/* While the kubelet swaps there are, for a moment, two generations, or keys without their links. */
enum { LOOKS = 5, PAUSE_MS = 40 };

char *ig_generation_now(const struct ig_generation *generation, struct ig_error *e)
{
    char *name = NULL;
    return ig_fsroot_readlink(generation->volume, "..data", &name, e) == 0 ? name : NULL;
}

/* The AtomicWriter names a folder beside the link. */
static bool is_beside(const char *name)
{
    return strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void look_up(struct ig_generation *g)
{
    ig_walk_free(&g->data);
    if (is_beside(g->name)) {
        ig_fsroot_walk(g->volume, g->name, IG_WALK_NOFOLLOW, &g->data);
    } else {
        g->data.error = EXDEV;
    }
}

/* Between the two looks the kubelet may swap the generations and remove the older one: then the link
 * did not dangle. */
static void resolve(struct ig_generation *g)
{
    for (int swaps = 0; swaps < SWAPS_MAX; swaps++) {
        char *before = IG_STEAL(g->name);
        g->name = ig_generation_now(g, &g->error);
        bool same = before != NULL && g->name != NULL && strcmp(before, g->name) == 0;
        free(before);
        if (g->name == NULL || same) {
            return;
        }
        look_up(g);
        if (g->data.error != ENOENT) {
            return;
        }
    }
}

void ig_generation_open(struct ig_generation *generation, const struct ig_walk *walk)
{
    struct ig_generation *g = generation;
    const struct ig_hop *top = ig_walk_final(walk);
    struct ig_walk link;
    *g = (struct ig_generation){.opened = true, .data = {.fd = -1, .parent_fd = -1}};
    if (top == NULL || !ig_meta_is(&top->meta, S_IFDIR) ||
        ig_fsroot_of_walk(walk, &g->volume, &g->error) != 0) {
        return;
    }
    ig_fsroot_walk(g->volume, "..data", IG_WALK_NOFOLLOW, &link);
    g->there = link.error == 0;
    if (link.error != 0 && link.error != ENOENT) {
        ig_error_set(&g->error, link.error, "..data cannot be looked at");
    } else if (g->there && ig_meta_is(&ig_walk_final(&link)->meta, S_IFLNK)) {
        resolve(g);
    }
    ig_walk_free(&link);
}

void ig_generation_close(struct ig_generation *generation)
{
    if (generation->opened) {
        ig_fsroot_close(generation->volume);
        ig_walk_free(&generation->data);
        free(generation->name);
    }
    *generation = (struct ig_generation){0};
}

/* 0 where "..data" still names it. */
static int moved_on(const struct ig_generation *g, struct ig_error *e)
{
    IG_AUTO_FREE char *now = ig_generation_now(g, e);
    if (now == NULL || strcmp(now, g->name) == 0) {
        return now == NULL ? -1 : 0;
    }
    IG_AUTO_FREE char *shown = ig_escaped(now);
    return ig_error_set(e, 0, "it moved on to generation %s meanwhile", shown);
}

int ig_generation_is_all(const struct ig_generation *g, int volume, struct ig_names *strangers,
                         struct ig_error *e)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int keys = 0;
    *strangers = (struct ig_names){0};
    for (int looks = 0; g->data.fd >= 0 && keys == 0 && looks < LOOKS; looks++) {
        if (looks > 0) {
            nanosleep(&pause, NULL);
        }
        ig_names_free(strangers);
        keys = ig_keys_only(volume, g->data.fd, strangers, e);
    }
    return keys == 0 && g->data.fd >= 0 ? moved_on(g, e) : keys;
}
