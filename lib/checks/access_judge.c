/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/access_judge.h"

#include <string.h>
#include <sys/statvfs.h>

#include "core/mem.h"
#include "core/text.h"
#include "fsroot/permits.h"

static const char *const kinds[IG_WANT_KINDS] = {"unreadable", "unwritable", "unexecutable",
                                                 "unsearchable"};

static void name_it(struct ig_access_tally *tally, const char *path, const char *detail)
{
    if (tally->refused++ < IG_ACCESS_NAMED) {
        IG_AUTO_FREE char *shown = ig_escaped(path);
        ig_buf_addf(&tally->named, "%s%s (%s)", tally->named.length != 0 ? ", " : "", shown,
                    detail);
    }
}

void ig_access_remember(struct ig_access_survey *s, struct ig_access_tally *tally,
                        const char *kind, const char *path, const char *detail)
{
    name_it(tally, path, detail);
    s->lost_found = s->lost_found || strcmp(path, "lost+found") == 0;
    ig_result_item(s->r, kind, path, detail);
}

void ig_access_problem(struct ig_access_survey *s, const char *path, const char *what)
{
    ig_access_remember(s, &s->problems, "error", path, what);
}

static char *describe(const struct ig_meta *meta)
{
    return ig_format("%s%smode %04o, owner %u:%u%s",
                     ig_meta_is(meta, S_IFREG) ? "" : ig_meta_type(meta),
                     ig_meta_is(meta, S_IFREG) ? "" : ", ", meta->mode & 07777U, meta->uid,
                     meta->gid, meta->acl_count > 0 ? ", ACL" : "");
}

static void refuse(struct ig_access_survey *s, unsigned kind, const char *path,
                   const struct ig_meta *meta)
{
    unsigned want = 1U << kind;
    IG_AUTO_FREE char *detail = describe(meta);
    if (meta->acl_error != 0) {
        char words[160];
        IG_AUTO_FREE char *what = ig_format(
            "its ACL cannot be read: %s", ig_errno_text(meta->acl_error, words, sizeof words));
        ig_access_problem(s, path, what);
        return;
    }
    ig_access_remember(s, &s->tally[kind], kinds[kind], path, detail);
    ig_access_places_refuse(&s->places, path, s->mount.id, want);
}

static void set_once(char **where, bool so, const char *path)
{
    if (so && *where == NULL) {
        *where = ig_strdup(path);
    }
}

/* What no mode tells. */
static void judge_mount(struct ig_access_survey *s, const char *path, const struct ig_meta *meta,
                        unsigned want)
{
    bool file = ig_meta_is(meta, S_IFREG);
    bool writes = want == IG_WANT_WRITE && (file || ig_meta_is(meta, S_IFDIR));
    set_once(&s->frozen, writes && s->mount.frozen, path);
    set_once(&s->read_only, writes && s->mount.read_only, path);
    set_once(&s->noexec, want == IG_WANT_EXECUTE && file && s->mount.noexec, path);
}

/* Of WANTS, what an inode of MODE can be used for at all. */
static unsigned wants_for(uint32_t mode, unsigned wants)
{
    if ((wants & IG_WANT_WRITE) != 0) {
        wants &= ~(unsigned)IG_WANT_READ;  /* which writing includes */
    }
    for (unsigned want = 1; want <= IG_WANT_SEARCH; want <<= 1) {
        if (ig_want_bits(mode, wants & want) == 0) {
            wants &= ~want;
        }
    }
    return wants;
}

void ig_access_judge(struct ig_access_survey *s, const char *path, const struct ig_meta *meta,
                     unsigned asked)
{
    unsigned wants = wants_for(meta->mode, asked);
    if (s->collecting) {
        if (wants != 0 && meta->acl_error == 0) {
            ig_access_shapes_add(&s->shapes, &s->who, meta, wants,
                                 ig_access_places_affected(&s->places, path, s->mount.id));
        }
        return;
    }
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        unsigned want = wants & 1U << kind;
        if (want == 0) {
            continue;
        }
        s->tally[kind].judged++;
        judge_mount(s, path, meta, want);
        if (!ig_access_may(&s->who, meta, want)) {
            refuse(s, kind, path, meta);
        }
    }
}

const char *ig_access_on_volume(const struct ig_access_survey *s, const char *path)
{
    const char *base = s->base.path;
    if (!ig_path_below(path, base)) {
        return NULL;
    }
    size_t n = strcmp(base, "/") == 0 ? 0 : strlen(base);
    return path[n] == '/' && path[n + 1] != '\0' ? path + n + 1 : ".";
}

/* Where no mount ids are told, by its name in the gate's own container, in which the survey's root may
 * have another place or none. */
static const struct ig_mount *mount_of(const struct ig_access_survey *s, const struct ig_hop *hop)
{
    const char *path = ig_access_on_volume(s, hop->path);
    if (hop->meta.mnt_id != 0 || path == NULL) {
        return ig_scene_mount_of(s->q->scene, hop);
    }
    IG_AUTO_FREE char *joined = ig_format("%s/%s", s->q->volume->walk.path, path);
    IG_AUTO_FREE char *own = ig_path_normal(joined);
    return ig_mounts_of(&s->q->scene->mounts, own);
}

static bool idmapped(const struct ig_mount *mount)
{
    return mount != NULL && ig_options_have(mount->options, "idmapped");
}

int ig_access_mount_of(const struct ig_access_survey *s, const struct ig_walk *walk,
                       struct ig_access_mount *out, struct ig_error *e)
{
    const struct ig_hop *final = ig_walk_final(walk);
    const struct ig_mount *mount = mount_of(s, final);
    unsigned long flags = 0;
    unsigned long magic = 0;
    if (ig_fd_statfs(walk->fd, &flags, &magic, e) != 0) {
        return -1;
    }
    bool frozen = mount != NULL && ig_options_have(mount->super_options, "ro");
    *out = (struct ig_access_mount){.id = final->meta.mnt_id,
                                    .read_only = !frozen && (flags & ST_RDONLY) != 0,
                                    .frozen = frozen,
                                    .noexec = (flags & ST_NOEXEC) != 0,
                                    .idmapped = idmapped(mount)};
    return 0;
}

void ig_access_stand_on(struct ig_access_survey *s, const struct ig_access_mount *mount)
{
    s->mount = *mount;
    s->who.idmapped = mount->idmapped;
    s->who.unmapped = s->q->scene->unmapped || mount->idmapped;
}

/* To be judged when it is known what else is asked of it. The folders above the volume were judged
 * first. */
static void note_folder(struct ig_access_survey *s, const struct ig_hop *hop)
{
    const char *path = ig_access_on_volume(s, hop->path);
    if (path == NULL) {
        return;
    }
    struct ig_access_place *place = ig_access_places_add(&s->places, path);
    place->wants |= IG_WANT_SEARCH;
    if (!place->listed) {
        place->listed = true;
        place->mount.id = hop->meta.mnt_id;
        place->mount.idmapped = idmapped(mount_of(s, hop));
        ig_meta_copy(&place->meta, &hop->meta);
    }
}

void ig_access_note_way(struct ig_access_survey *s, const struct ig_walk *walk)
{
    struct ig_walk inside = *walk;
    size_t above = s->base.count - 1 < walk->count ? s->base.count - 1 : walk->count;
    inside.hops += above;
    inside.count -= above;
    for (size_t i = 0; i < inside.count; i++) {
        if (inside.hops[i].kind == IG_HOP_DIRECTORY) {
            note_folder(s, &inside.hops[i]);
        }
    }
    /* Also where a directory refuses before it: the one mending must mend both. */
    const struct ig_hop *link = s->q->scene->protected_symlinks
                                    ? ig_walk_unfollowable(&inside, &s->who.cred,
                                                           s->q->scene->unmapped)
                                    : NULL;
    if (link != NULL) {
        const char *path = ig_access_on_volume(s, link->path);
        ig_access_remember(s, &s->unfollowable, "unfollowable", path != NULL ? path : link->path,
                           "a symlink in a sticky, world-writable directory");
    }
}
