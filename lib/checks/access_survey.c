/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/access_survey.h"

#include <errno.h>
#include <string.h>

#include "checks/access_judge.h"
#include "checks/words.h"
#include "core/mem.h"
#include "core/text.h"
#include "fsroot/tree.h"

struct ig_access_link {
    char *path;
    uint64_t mount;     /* the id of that on which it lies */
    char *real;         /* what it leads to there; NULL elsewhere or nowhere */
    bool walked;
    unsigned followed;  /* the wants that REAL has from it */
};

static void add_link(struct ig_access_survey *s, const char *path, uint64_t mount)
{
    size_t n = s->link_count;
    s->links = ig_array_room(s->links, n, sizeof *s->links);
    s->links[s->link_count++] = (struct ig_access_link){.path = ig_strdup(path), .mount = mount};
}

/* PATH is the place of TREE. */
static void entry_path(const struct ig_tree_entry *entry, const char *path, struct ig_buf *out)
{
    out->length = 0;
    if (strcmp(path, ".") != 0) {
        ig_buf_addf(out, "%s/", path);
    }
    ig_tree_path(entry, out);
}

/* What of PATH, or NULL where it lies not below FOLDER (both on the volume)? */
static const char *below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    if (strcmp(folder, ".") == 0) {
        return path;
    }
    return strncmp(path, folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static bool is_ignored(const struct ig_access_survey *s, const char *path)
{
    for (size_t i = 0; i < s->ignore->count; i++) {
        if (strcmp(path, s->ignore->list[i]) == 0 || below(path, s->ignore->list[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Is it an entry of another place's tree? What is asked by name is judged though it be ignored. */
static bool is_enclosed(const struct ig_access_survey *s, const struct ig_access_place *place)
{
    return ig_access_places_enclose(&s->places, place) && !is_ignored(s, place->path);
}

static size_t ignored_below(struct ig_access_survey *s, struct ig_access_place *place)
{
    size_t count = 0;
    place->ignore = ig_alloc_array(s->ignore->count + s->hidden.count + 1, sizeof *place->ignore);
    for (size_t i = 0; i < s->hidden.count; i++) {
        const char *rest = below(s->hidden.list[i].path, place->path);
        if (rest != NULL) {
            place->ignore[count++] = rest;
            s->mounts_below++;
        }
    }
    for (size_t i = 0; i < s->ignore->count; i++) {
        const char *rest = below(s->ignore->list[i], place->path);
        if (rest != NULL) {
            place->ignore[count++] = rest;
        }
    }
    return count;
}

static void list_tree(struct ig_access_survey *s, struct ig_access_place *place, int fd)
{
    const struct ig_scene *scene = s->q->scene;
    size_t ignored = ignored_below(s, place);
    struct ig_tree_options options = {.threads = scene->cpus, .flags = IG_TREE_ACLS,
                                      .ignore = place->ignore, .ignore_count = ignored,
                                      .progress = (atomic_ullong *)&scene->progress};
    IG_AUTO_BUF struct ig_buf path = {0};
    struct ig_error e = {0};
    if (ig_tree_list(fd, &options, &place->tree, &e) != 0) {
        ig_access_problem(s, place->path, e.text);
        return;
    }
    for (size_t i = 0; i < place->tree->count; i++) {
        if (S_ISLNK(place->tree->entries[i]->mode)) {
            entry_path(place->tree->entries[i], place->path, &path);
            add_link(s, ig_buf_text(&path), place->mount.id);
        }
    }
}

/* What lies in a place that is listed is listed already. */
static void list_place(struct ig_access_survey *s, struct ig_access_place *place,
                       const struct ig_walk *walk)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    if (place->tree != NULL || is_enclosed(s, place)) {
        return;
    }
    ig_meta_free(&place->meta);
    ig_meta_copy(&place->meta, meta);
    place->listed = true;
    if (ig_meta_is(meta, S_IFDIR)) {
        list_tree(s, place, walk->fd);
    }
}

static int walk_to(const struct ig_access_survey *s, const char *path, struct ig_walk *walk)
{
    bool whole = strcmp(path, ".") == 0;
    const char *base = strcmp(s->base.path, "/") == 0 ? "" : s->base.path;
    IG_AUTO_FREE char *full = ig_format("%s%s%s", base, whole ? "" : "/", whole ? "" : path);
    return ig_fsroot_walk(s->root, *full != '\0' ? full : "/", 0, walk);
}

/* The place at REAL, to which WALK led, of which WANTS are asked too. */
static struct ig_access_place *ask(struct ig_access_survey *s, const char *real, unsigned wants,
                                   const struct ig_walk *walk)
{
    struct ig_access_place *place = ig_access_places_add(&s->places, real);
    struct ig_error e = {0};
    if (ig_access_mount_of(s, walk, &place->mount, &e) != 0) {
        ig_access_problem(s, real, e.text);
    }
    place->wants |= wants;
    return place;
}

static void walk_link(struct ig_access_survey *s, struct ig_access_link *link, unsigned wants)
{
    struct ig_walk walk;
    char words[160];
    if (walk_to(s, link->path, &walk) == 0) {
        const char *real = ig_access_on_volume(s, walk.path);
        /* Nor does it count where it leads to another volume that is mounted in this one. */
        if (real != NULL && ig_walk_final(&walk)->meta.mnt_id == link->mount &&
            !is_ignored(s, real)) {
            link->real = ig_strdup(real);
            ig_access_note_way(s, &walk);
            list_place(s, ask(s, real, wants, &walk), &walk);
        }
    } else if (!ig_fault_of_the_image(walk.error) && walk.error < IG_EHIDDEN) {
        ig_access_problem(s, link->path, ig_errno_text(walk.error, words, sizeof words));
    }
    /* Else it dangles, or leads to a volume that is not seen: whoever made it knows what for. */
    ig_walk_free(&walk);
}

/* Each may add places, and these links and wants, until none does. */
static void follow_links(struct ig_access_survey *s)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < s->link_count; i++) {
            unsigned wants = ig_access_places_wants(&s->places, s->links[i].path,
                                                    s->links[i].mount);
            if ((wants & ~s->links[i].followed) == 0) {
                continue;
            }
            s->links[i].followed |= wants;
            more = true;
            if (!s->links[i].walked) {
                /* A copy: more links may be added meanwhile. */
                struct ig_access_link link = s->links[i];
                link.walked = true;
                walk_link(s, &link, wants);
                s->links[i] = link;
            } else if (s->links[i].real != NULL) {
                ig_access_places_add(&s->places, s->links[i].real)->wants |= wants;
            }
        }
    }
}

/* The walk to PATH failed with NUMBER. Once, though it may be asked to be read and written. */
static void say_missing(struct ig_access_survey *s, const char *path, int number)
{
    char words[160];
    IG_AUTO_FREE char *shown = ig_escaped(path);
    bool missing = ig_fault_of_the_image(number);
    s->hidden_errno = number >= IG_EHIDDEN ? number : s->hidden_errno;
    for (size_t i = 0; i < s->r->item_count; i++) {
        if (strcmp(s->r->items[i].path, shown) == 0 &&
            strcmp(s->r->items[i].kind, missing ? "missing" : "error") == 0) {
            return;
        }
    }
    if (missing) {
        ig_access_remember(s, &s->missing, "missing", path, ig_errno_name(number));
    } else {
        ig_access_problem(s, path, ig_errno_text(number, words, sizeof words));
    }
}

/* LIST: not only note it, as must be done for all that is asked before any of it is listed. */
static void take_up(struct ig_access_survey *s, const char *path, unsigned want, bool list)
{
    struct ig_walk walk;
    bool there = walk_to(s, path, &walk) == 0;
    const char *real = there ? ig_access_on_volume(s, walk.path) : NULL;
    if (!list) {
        ig_access_note_way(s, &walk);
    }
    if (real != NULL) {
        struct ig_access_place *place = ask(s, real, want, &walk);
        if (list) {
            list_place(s, place, &walk);
        }
    } else if (there && !list) {
        IG_AUTO_FREE char *shown = ig_escaped(walk.path);
        IG_AUTO_FREE char *what = ig_format("it leads off the volume, to %s", shown);
        ig_access_problem(s, path, what);
        s->leading_off++;
    } else if (!there) {
        say_missing(s, path, walk.error);
    }
    ig_walk_free(&walk);
}

static void judge_entry(struct ig_access_survey *s, const struct ig_tree_entry *entry,
                        const char *path)
{
    /* What vanished since its folder was listed need not be usable. */
    bool vanished = entry->error == ENOENT &&
                    (entry->step == IG_TREE_LOOK || entry->step == IG_TREE_OPEN ||
                     entry->step == IG_TREE_LIST);
    unsigned wants = ig_access_places_wants(&s->places, path, s->mount.id);
    if (vanished || S_ISLNK(entry->mode)) {
        return;
    }
    if (entry->step != IG_TREE_FINE && !s->collecting) {
        IG_AUTO_FREE char *what = ig_tree_problem(entry);
        ig_access_problem(s, path, what);
    }
    if ((entry->flags & IG_TREE_MOUNT) != 0) {
        const struct ig_access_place *asked = ig_access_places_find(&s->places, path);
        s->mounts_below += !s->collecting && (asked == NULL || asked->wants == IG_WANT_SEARCH);
    } else if (entry->step != IG_TREE_LOOK) {
        struct ig_meta meta = ig_tree_meta(entry);
        ig_access_judge(s, path, &meta, wants);
    }
}

static void judge_place(struct ig_access_survey *s, const struct ig_access_place *place)
{
    unsigned wants = ig_access_places_wants(&s->places, place->path, place->mount.id);
    ig_access_stand_on(s, &place->mount);
    if (wants == 0) {
        ig_access_judge(s, place->path, &place->meta, IG_WANT_SEARCH);
        return;
    }
    if (!place->listed || is_enclosed(s, place)) {
        return;
    }
    ig_access_judge(s, place->path, &place->meta, wants);
    IG_AUTO_BUF struct ig_buf path = {0};
    for (size_t i = 0; place->tree != NULL && i < place->tree->count; i++) {
        entry_path(place->tree->entries[i], place->path, &path);
        judge_entry(s, place->tree->entries[i], ig_buf_text(&path));
    }
}

bool ig_access_survey_open(struct ig_access_survey *s, const struct ig_question *q,
                           const struct ig_strings *ignore, struct ig_result *r)
{
    const struct ig_scene *scene = q->scene;
    const struct ig_meta *volume = &ig_walk_final(&q->volume->walk)->meta;
    *s = (struct ig_access_survey){.q = q, .r = r, .ignore = ignore, .who = {.cred = scene->run_as}};
    ig_hidden_parts(scene, q->subject, &s->hidden);
    s->root = scene->root;
    if (s->root != NULL && ig_fsroot_walk(s->root, q->subject->path, 0, &s->base) == 0 &&
        ig_walk_final(&s->base)->meta.ino == volume->ino &&
        ig_walk_final(&s->base)->meta.dev == volume->dev) {
        s->base_is_main = scene->rooted || q->subject->at == NULL;
    } else {
        /* The image lacks the folders above it, or this container has it elsewhere. */
        if (s->root != NULL) {
            ig_walk_free(&s->base);
        }
        s->root = scene->own;
        if (ig_fsroot_walk(s->root, q->volume->at, 0, &s->base) != 0) {
            ig_say_not_found(q, "The volume", &s->base, r);
            return false;
        }
    }
    return !s->base_is_main || ig_say_access(q, "The volume", &s->base, 0, r);
}

static void judge_places(struct ig_access_survey *s)
{
    for (const struct ig_access_place *p = s->places.first; p != NULL; p = p->next) {
        judge_place(s, p);
    }
}

void ig_access_survey_run(struct ig_access_survey *s,
                          const struct ig_strings *const lists[IG_WANT_KINDS])
{
    for (int list = 0; list < 2; list++) {
        for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
            for (size_t i = 0; lists[kind] != NULL && i < lists[kind]->count; i++) {
                take_up(s, lists[kind]->list[i], 1U << kind, list == 1);
            }
        }
    }
    follow_links(s);
    judge_places(s);
}

struct ig_mend ig_access_survey_mend(struct ig_access_survey *s, enum ig_volume_sort sort)
{
    s->collecting = true;
    judge_places(s);
    struct ig_mend mend = ig_mend_find(&s->shapes, &s->who.cred, sort);
    if (mend.kind != IG_MEND_NONE || sort == IG_VOLUME_ATOMIC) {
        return mend;
    }
    for (struct ig_access_place *p = s->places.first; p != NULL; p = p->next) {
        p->refused |= p->wants & ~(unsigned)IG_WANT_SEARCH;
    }
    ig_access_shapes_free(&s->shapes);
    judge_places(s);
    return ig_mend_find(&s->shapes, &s->who.cred, sort);
}

bool ig_access_survey_atomic(const struct ig_access_survey *s)
{
    struct ig_walk walk;
    bool atomic = walk_to(s, "..data", &walk) == 0;
    ig_walk_free(&walk);
    return atomic;
}

void ig_access_survey_close(struct ig_access_survey *s)
{
    for (size_t i = 0; i < s->link_count; i++) {
        free(s->links[i].path);
        free(s->links[i].real);
    }
    free(s->links);
    for (size_t i = 0; i < IG_WANT_KINDS; i++) {
        ig_buf_free(&s->tally[i].named);
    }
    ig_buf_free(&s->missing.named);
    ig_buf_free(&s->problems.named);
    ig_buf_free(&s->unfollowable.named);
    ig_access_shapes_free(&s->shapes);
    ig_access_places_free(&s->places);
    free(s->read_only);
    free(s->frozen);
    free(s->noexec);
    free(s->hidden.list);
    ig_walk_free(&s->base);
}
