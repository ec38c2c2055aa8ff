/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "checks/check.h"
#include "checks/volume.h"
#include "core/mem.h"
#include "core/text.h"
#include "fsroot/list.h"

struct atomic_params {
    struct ig_strings keys;
};

static const struct ig_param atomic_params[] = {
    {.name = "keys", .type = IG_TYPE_RELATIVE_PATHS, .offset = offsetof(struct atomic_params, keys),
     .summary = "keys, or paths of items, each of which must be there as a regular file"},
    {0},
};

/* The kubelet swaps first and then makes and removes the links at the top, or the other way round:
 * what is at fault is looked at again a moment later. */
enum { LOOKS = 5, PAUSE_MS = 40 };

/* One look over the top of the volume. */
struct look {
    const struct ig_question *q;
    const struct ig_generation *held;
    struct ig_fsroot *generation;
    struct ig_result *r;  /* the first fault is its message, all are its items */
    size_t good;          /* names at the top that lead where they should */
    bool failed;          /* could not be looked at; R says so */
};

static void cannot_look(struct look *look, const char *path, int number)
{
    IG_AUTO_FREE char *shown = ig_escaped(path);
    look->failed = true;
    ig_result_set(look->r, IG_STATUS_ERROR, "%s in it cannot be looked at by the gate: %s (%s).",
                  shown, ig_errno_name(number), strerror(number));
    ig_result_fix(look->r, "Run the gate as a user who may read the volume.");
}

static void __attribute__((format(printf, 5, 6)))
fault(struct look *look, const char *kind, const char *path, const char *fix, const char *format,
      ...)
{
    va_list args;
    va_start(args, format);
    IG_AUTO_FREE char *detail = ig_vformat(format, args);
    va_end(args);
    ig_result_item(look->r, kind, path, detail);
    if (look->r->item_count == 1) {
        IG_AUTO_FREE char *shown = ig_escaped(path);
        ig_result_set(look->r, IG_STATUS_FAIL, "\"%s\" %s.", shown, detail);
        ig_result_fix(look->r, "%s", fix);
    }
}

/* NAME at the top is no link. The mount point of another volume is none of this one's. */
static void judge_own(struct look *look, const char *name, const struct ig_walk *entry)
{
    const struct ig_meta *meta = &ig_walk_final(entry)->meta;
    uint64_t volume = ig_walk_final(&look->q->volume->walk)->meta.mnt_id;
    if (meta->mnt_id == volume) {
        fault(look, "own", name,
              "A subPath that names a key that does not exist makes such a folder: correct it, "
              "and delete the pod so that the volume is made anew.",
              "is a %s of its own beside \"..data\", where only links to keys belong",
              ig_meta_type(meta));
    }
}

static void judge_link(struct look *look, const char *name)
{
    static const char anew[] = "Delete the pod so that the kubelet writes the volume anew.";
    struct ig_error e = {0};
    char *target IG_AUTO_FREE = NULL;
    struct ig_walk key;
    IG_AUTO_FREE char *expected = ig_format("..data/%s", name);
    if (ig_fsroot_readlink(look->held->volume, name, &target, &e) != 0) {
        fault(look, "changed", name, anew, "changed while it was looked at");
        return;
    }
    if (strcmp(target, expected) != 0) {
        IG_AUTO_FREE char *shown = ig_escaped(target);
        fault(look, "elsewhere", name, anew, "is a link to %s, which is not the key in \"..data\"",
              shown);
        return;
    }
    ig_fsroot_walk(look->generation, name, IG_WALK_NOFOLLOW, &key);
    if (key.error == ENOENT) {
        fault(look, "dangling", name, anew, "leads to nothing: %s has no such key",
              look->held->name);
    } else if (key.error != 0) {
        cannot_look(look, name, key.error);
    } else {
        look->good++;
    }
    ig_walk_free(&key);
}

static void judge_name(struct look *look, const char *name)
{
    struct ig_walk entry;
    /* Names that begin so are the AtomicWriter's own; no key has one. */
    if (strncmp(name, "..", 2) == 0) {
        return;
    }
    ig_fsroot_walk(look->held->volume, name, IG_WALK_NOFOLLOW, &entry);
    if (entry.error != 0) {
        if (entry.error != ENOENT) {
            cannot_look(look, name, entry.error);
        }
    } else if (ig_meta_is(&ig_walk_final(&entry)->meta, S_IFLNK)) {
        judge_link(look, name);
    } else {
        judge_own(look, name, &entry);
    }
    ig_walk_free(&entry);
}

static void judge_key(struct look *look, const char *key)
{
    static const char add[] = "Add the key to the ConfigMap or Secret, or correct its items, or the "
                              "policy's keys.";
    struct ig_walk in;
    struct ig_walk top;
    IG_AUTO_FREE char *first = ig_strndup(key, strcspn(key, "/"));
    ig_fsroot_walk(look->generation, key, 0, &in);
    ig_fsroot_walk(look->held->volume, first, IG_WALK_NOFOLLOW, &top);
    const struct ig_hop *final = ig_walk_final(&in);
    if (in.error == ENOENT || in.error == ENOTDIR || (final != NULL && top.error == ENOENT)) {
        fault(look, "missing", key, add, "is not there");
    } else if (final == NULL) {
        cannot_look(look, key, in.error);
    } else if (!ig_meta_is(&final->meta, S_IFREG)) {
        fault(look, "type", key, "Correct the path in the volume's items: \"a/b\" makes a folder a.",
              "is a %s, where the policy names a key", ig_meta_type(&final->meta));
    }
    ig_walk_free(&in);
    ig_walk_free(&top);
}

static void look_over(struct look *look)
{
    const struct atomic_params *p = look->q->setting->params;
    struct ig_names names;
    int number = ig_names_read(look->q->volume->walk.fd, &names);
    if (number != 0) {
        cannot_look(look, "What is", number);
    }
    for (size_t i = 0; i < names.count && !look->failed; i++) {
        judge_name(look, names.list[i]);
    }
    ig_names_free(&names);
    for (size_t i = 0; i < p->keys.count && !look->failed; i++) {
        judge_key(look, p->keys.list[i]);
    }
}

static bool moved_on(const struct ig_question *q, struct ig_result *r)
{
    const struct ig_generation *held = &q->volume->generation;
    struct ig_error e = {0};
    IG_AUTO_FREE char *now = ig_generation_now(held, &e);
    if (now != NULL && strcmp(now, held->name) == 0) {
        return false;
    }
    IG_AUTO_FREE char *from = ig_escaped(held->name);
    if (now == NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "\"..data\" led to %s when the checks began and cannot "
                                          "be read any more: %s.", from, e.text);
    } else {
        IG_AUTO_FREE char *to = ig_escaped(now);
        ig_result_set(r, IG_STATUS_ERROR, "The volume moved from generation %s to %s during the "
                                          "checks: what was judged is not what the main container "
                                          "will see.", from, to);
    }
    ig_result_fix(r, "Nothing, if the gate is started again (restartPolicy Always or OnFailure): it "
                     "then judges the new generation.");
    return true;
}

static void judge_layout(const struct ig_question *q, struct ig_result *r)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    const struct ig_generation *held = &q->volume->generation;
    struct ig_fsroot *generation = NULL;
    struct ig_error e = {0};
    if (ig_fsroot_of_walk(&held->data, &generation, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "The generation cannot be looked at: %s.", e.text);
        return;
    }
    for (int looks = 0; looks < LOOKS; looks++) {
        struct ig_result fresh = {.check = r->check};
        struct look look = {.q = q, .held = held, .generation = generation, .r = &fresh};
        if (looks > 0) {
            nanosleep(&pause, NULL);
        }
        look_over(&look);
        ig_result_free(r);
        *r = fresh;
        if (look.failed || moved_on(q, r)) {
            break;
        }
        if (r->item_count == 0) {
            ig_result_set(r, IG_STATUS_PASS, "It is one whole generation, held to the end: %zu "
                                             "name%s.", look.good, look.good == 1 ? "" : "s");
            break;
        }
    }
    if (r->status == IG_STATUS_FAIL && r->item_count > 1) {
        IG_AUTO_FREE char *first = ig_strdup(r->message);
        ig_result_set(r, IG_STATUS_FAIL, "%s There %s %zu more such fault%s.", first,
                      r->item_count == 2 ? "is" : "are", r->item_count - 1,
                      r->item_count == 2 ? "" : "s");
    }
    IG_AUTO_FREE char *shown = ig_escaped(held->name);
    ig_result_observed(r, "generation %s", shown);
    ig_fsroot_close(generation);
}

/* Only of a ConfigMap does mountinfo tell: the others are plain tmpfs there. */
static bool kubelet_wrote_it(const struct ig_mount *mount)
{
    static const char *const kinds[] = {"configmap", "secret", "projected", "downward-api"};
    const char *rest = NULL;
    IG_AUTO_FREE char *kind = mount != NULL ? ig_mount_kubelet_kind(mount, &rest) : NULL;
    for (size_t i = 0; kind != NULL && i < IG_COUNT(kinds); i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            return rest[0] == '\0';
        }
    }
    return false;
}

static void judge_none(const struct ig_question *q, struct ig_result *r)
{
    const struct atomic_params *p = q->setting->params;
    bool kubelets = kubelet_wrote_it(q->volume->mount);
    if (kubelets || p->keys.count > 0) {
        ig_result_set(r, IG_STATUS_FAIL, "It has no \"..data\", which every ConfigMap, Secret, "
                                         "projected or downward API volume has.");
        ig_result_expected(r, "..data");
        ig_result_fix(r, kubelets ? "Delete the pod so that the kubelet writes the volume anew."
                                  : "Mount the volume whose keys the policy names, not a subPath "
                                    "of it.");
    } else {
        ig_result_set(r, IG_STATUS_SKIP, "It is no ConfigMap, Secret, projected or downward API "
                                         "volume: it has no \"..data\".");
    }
}

/* "..data" is there, but leads to no folder beside it. */
static void judge_broken(const struct ig_generation *held, struct ig_result *r)
{
    const struct ig_hop *data = ig_walk_final(&held->data);
    IG_AUTO_FREE char *to = held->name != NULL ? ig_escaped(held->name) : NULL;
    if (to == NULL) {
        ig_result_set(r, IG_STATUS_FAIL, "\"..data\" is no link: no kubelet wrote this.");
    } else if (held->data.error == EXDEV) {
        ig_result_set(r, IG_STATUS_FAIL, "\"..data\" leads to %s, which is no folder beside it.",
                      to);
    } else if (data != NULL) {
        ig_result_set(r, IG_STATUS_FAIL, "\"..data\" leads to %s, which is a %s.", to,
                      ig_meta_type(&data->meta));
    } else {
        ig_result_set(r, held->data.error == ENOENT ? IG_STATUS_FAIL : IG_STATUS_ERROR,
                      "\"..data\" leads to %s, which cannot be found: %s (%s).", to,
                      ig_errno_name(held->data.error), strerror(held->data.error));
    }
    ig_result_expected(r, "a link to the generation beside it");
    ig_result_fix(r, "Delete the pod so that the kubelet writes the volume anew.");
}

static void run_atomic(const struct ig_question *q, struct ig_result *r)
{
    if (!ig_volume_seen(q, r)) {
        return;
    }
    const struct ig_generation *held = &q->volume->generation;
    const struct ig_hop *data = ig_walk_final(&held->data);
    if (held->error.text[0] != '\0') {
        ig_result_set(r, IG_STATUS_ERROR, "The volume cannot be looked at by the gate: %s.",
                      held->error.text);
        ig_result_fix(r, "Run the gate as a user who may read the volume.");
    } else if (!held->there) {
        judge_none(q, r);
    } else if (data == NULL || !ig_meta_is(&data->meta, S_IFDIR)) {
        judge_broken(held, r);
    } else {
        judge_layout(q, r);
    }
}

static void look_again(const struct ig_question *q, struct ig_result *r)
{
    bool judged = !q->setting->off && ig_walk_final(&q->volume->generation.data) != NULL;
    if (judged && moved_on(q, r)) {
        ig_result_expected(r, "one generation");
    }
}

const struct ig_check ig_check_volume_atomic = {
    .spec = {.id = "volume.atomic",
             .key = "atomic",
             .kind = IG_KIND_VOLUME,
             .summary = "a ConfigMap, Secret, projected or downward API volume is one whole "
                        "generation, and stays it while it is judged",
             .params = atomic_params,
             .params_size = sizeof(struct atomic_params)},
    .means = "\"..data\" leads to a generation beside it, each name at the volume's top leads to "
             "its key there, the keys that the policy names are regular files, and when all other "
             "checks are done \"..data\" still leads to the same generation. Skipped where there "
             "is no \"..data\"; a subPath of such a volume is volume.subpath's.",
    .matters = "The kubelet swaps generations under running containers. Files that were judged one "
               "before and one after a swap belong together nowhere, and a key that is missing, or "
               "became a directory, stops the program or leaves it with its defaults.",
    .mend = "Add the key, or correct the volume's items. A change during the check mends itself: "
            "the gate is started again. Delete the pod where the volume itself is broken.",
    .needs = ig_volume_needs_mounted,
    .run = run_atomic,
    .again = look_again,
};
