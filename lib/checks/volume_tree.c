/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/tree_trouble.h"
#include "checks/words.h"
#include "core/mem.h"
#include "core/text.h"
#include "tree/compare.h"
#include "tree/content.h"

enum extra { EXTRA_UNSET, EXTRA_DENY, EXTRA_ALLOW };

struct tree_params {
    char *sha256;
    char *manifest;
    enum ig_tri owner, mode;
    struct ig_strings ignore;
    int extra;
};

static const char *const extras[] = {"deny", "allow", NULL};

static const struct ig_param params[] = {
    {.name = "sha256", .type = IG_TYPE_SHA256, .required = true,
     .offset = offsetof(struct tree_params, sha256),
     .summary = "the tree's digest, which is the SHA256 of its manifest; or that of manifest"},
    {.name = "manifest", .type = IG_TYPE_PATH, .offset = offsetof(struct tree_params, manifest),
     .summary = "a manifest that the gate's own container has: what differs is named"},
    {.name = "owner", .type = IG_TYPE_BOOL, .offset = offsetof(struct tree_params, owner),
     .summary = "false: owners are not compared"},
    {.name = "mode", .type = IG_TYPE_BOOL, .offset = offsetof(struct tree_params, mode),
     .summary = "false: modes are not compared (fsGroup rewrites them)"},
    {.name = "ignore", .type = IG_TYPE_RELATIVE_PATHS,
     .offset = offsetof(struct tree_params, ignore),
     .summary = "files and folders that are left out, with all below them"},
    {.name = "extra", .type = IG_TYPE_ENUM, .values = extras,
     .offset = offsetof(struct tree_params, extra),
     .summary = "allow: what the manifest does not list may be there"},
    {0},
};

static int validate(const void *params_of_check, struct ig_error *e)
{
    const struct tree_params *p = params_of_check;
    if (p->extra == EXTRA_ALLOW && p->manifest == NULL) {
        return ig_error_set(e, 0, "\"extra\": \"allow\" needs a \"manifest\": a digest is that of "
                                  "the whole tree");
    }
    return ig_ignore_validate(&p->ignore, e);
}

static unsigned without(const struct tree_params *p)
{
    return (p->owner == IG_FALSE ? (unsigned)IG_WITHOUT_OWNER : 0) |
           (p->mode == IG_FALSE ? (unsigned)IG_WITHOUT_MODE : 0);
}

static const char measure_again[] =
    "Deliver what was built. If the change is meant, measure the volume again (`initgate measure "
    "--volume DIR --manifest FILE`) and put the new digest into the policy.";

/* "20000 files, 163840000 bytes", malloc'd. */
static char *amount(const struct ig_tree *tree)
{
    return ig_format("%zu file%s, %llu byte%s", tree->files, tree->files == 1 ? "" : "s",
                     (unsigned long long)tree->bytes, tree->bytes == 1 ? "" : "s");
}

/* --- against a manifest --------------------------------------------------- */

static int open_manifest(const struct ig_question *q, const struct tree_params *p,
                         struct ig_result *r)
{
    struct ig_error e = {0};
    struct ig_walk walk;
    struct ig_sha256 digest;
    char hex[IG_SHA256_HEX + 1];
    unsigned long long most = 0;
    int fd = -1;
    if (ig_fsroot_walk(q->scene->own, p->manifest, 0, &walk) != 0) {
        ig_error_set(&e, walk.error, "%s", walk.path);
    } else {
        most = ig_walk_final(&walk)->meta.size;
        fd = ig_walk_open(&walk, &e);
    }
    ig_walk_free(&walk);
    atomic_ullong *progress = (atomic_ullong *)&q->scene->progress;
    if (fd < 0 || ig_sha256_fd(fd, most, progress, &digest, NULL, &e) != 0) {
        ig_cleanup_close(&fd);
        ig_result_set(r, IG_STATUS_ERROR, "The manifest %s cannot be read: %s.", p->manifest,
                      e.text);
        ig_result_fix(r, "Mount the manifest in the gate's own container.");
        return -1;
    }
    ig_sha256_hex(&digest, hex);
    if (strcmp(hex, p->sha256) == 0) {
        return fd;
    }
    ig_cleanup_close(&fd);
    ig_result_set(r, IG_STATUS_FAIL, "The manifest %s is not the one that the policy means: its "
                                     "SHA256 is %s.", p->manifest, hex);
    ig_result_expected(r, "%s", p->sha256);
    ig_result_observed(r, "%s", hex);
    ig_result_fix(r, "Deliver the manifest that was measured, or, if the change is meant, put its "
                     "new digest into the policy.");
    return -1;
}

static void say_differences(const struct ig_comparison *found, struct ig_result *r)
{
    static const char permit[] =
        "Undo what changed modes or owners (chmod, chown -R, fsGroup), or, where that is meant, "
        "say \"mode\": false or \"owner\": false in \"tree\".";
    static const char leave_out[] =
        "Leave out lost+found, which is the file system's own: \"tree\": {\"ignore\": "
        "[\"lost+found\"]}. ";
    struct ig_naming names = {0};
    bool permissions = true;
    bool lost_found = false;
    for (size_t i = 0; i < found->count; i++) {
        const struct ig_difference *d = &found->list[i];
        permissions = permissions && d->permissions;
        lost_found = lost_found || strcmp(d->path, "lost+found") == 0;
        ig_naming_add(&names, d->kind, d->path, strcmp(d->kind, "changed") == 0 ? d->detail : NULL);
        ig_result_item(r, d->kind, d->path, d->detail);
    }
    ig_naming_end(&names);
    ig_result_set(r, IG_STATUS_FAIL, "It differs from its manifest in %zu %s: %s.", found->count,
                  found->count == 1 ? "entry" : "entries", ig_buf_text(&names.text));
    ig_result_fix(r, "%s%s", lost_found ? leave_out : "", permissions ? permit : measure_again);
    ig_buf_free(&names.text);
}

static void say_unfit(const struct tree_params *p, const struct ig_comparison *found,
                      const struct ig_error *e, struct ig_result *r)
{
    ig_result_set(r, IG_STATUS_ERROR, "The manifest %s cannot be used: %s.", p->manifest, e->text);
    ig_result_fix(r, found->refused
                         ? "Measure it with what is to be compared, or say \"owner\": false or "
                           "\"mode\": false."
                         : "Write the manifest with `initgate measure --volume DIR --manifest "
                           "FILE` or with sha256sum.");
}

static void judge_manifest(const struct tree_params *p, const struct ig_tree *tree, int fd,
                           struct ig_result *r)
{
    struct ig_comparison found;
    struct ig_sha256 digest;
    struct ig_error e = {0};
    char hex[IG_SHA256_HEX + 1];
    ig_result_expected(r, "manifest %s", p->sha256);
    IG_AUTO_FREE char *holds = amount(tree);
    ig_result_observed(r, "%zu entries, %s", tree->count, holds);
    int status =
        ig_tree_compare(tree, fd, without(p), p->extra != EXTRA_ALLOW, &digest, &found, &e);
    if (status != 0) {
        say_unfit(p, &found, &e, r);
    } else if (ig_sha256_hex(&digest, hex), strcmp(hex, p->sha256) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "The manifest %s changed while it was read.",
                      p->manifest);
        ig_result_fix(r, "Let nobody write to it while the pod starts.");
    } else if (found.count > 0) {
        say_differences(&found, r);
    } else {
        ig_result_set(r, IG_STATUS_PASS, "It holds what the manifest lists: %s.", holds);
    }
    ig_comparison_free(&found);
}

/* --- against a digest ----------------------------------------------------- */

/* Does the tree have the digest SHA256 where more or less is left out than ASKED? If so, which. */
static const char *left_out(const struct ig_tree *tree, unsigned asked, const char *sha256)
{
    static const char *const words[] = {
        [0] = "owners and modes are compared",
        [IG_WITHOUT_OWNER] = "modes are compared and owners are not",
        [IG_WITHOUT_MODE] = "owners are compared and modes are not",
        [IG_WITHOUT_OWNER | IG_WITHOUT_MODE] = "neither owners nor modes are compared"};
    for (unsigned other = 0; other < IG_COUNT(words); other++) {
        struct ig_sha256 digest;
        char hex[IG_SHA256_HEX + 1];
        if (other != asked && ig_manifest_digest(tree, other, &digest, NULL) == 0 &&
            (ig_sha256_hex(&digest, hex), strcmp(hex, sha256) == 0)) {
            return words[other];
        }
    }
    return NULL;
}

static void judge_digest(const struct tree_params *p, const struct ig_tree *tree, bool promised,
                         struct ig_result *r)
{
    struct ig_sha256 digest;
    struct ig_error e = {0};
    char hex[IG_SHA256_HEX + 1];
    if (ig_manifest_digest(tree, without(p), &digest, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "Its digest cannot be computed: %s.", e.text);
        return;
    }
    ig_sha256_hex(&digest, hex);
    ig_result_expected(r, "%s", p->sha256);
    IG_AUTO_FREE char *holds = amount(tree);
    ig_result_observed(r, "%s (%zu entries, %s)", hex, tree->count, holds);
    if (strcmp(hex, p->sha256) == 0) {
        ig_result_set(r, IG_STATUS_PASS, "Its digest is the expected one: %s.", holds);
        return;
    }
    const char *other = left_out(tree, without(p), p->sha256);
    if (other != NULL) {
        ig_result_set(r, IG_STATUS_FAIL, "It has the expected digest only where %s: the policy "
                                         "asks something else than was measured.", other);
        ig_result_fix(r, "Give \"tree\" the \"owner\" and \"mode\" that `initgate measure` printed, "
                         "or measure again with the --without that the policy means.");
        return;
    }
    ig_result_set(r, IG_STATUS_FAIL, "Its digest is %s, expected %s: it holds %s%s.", hex, p->sha256,
                  holds,
                  promised ? ", and a mount of another volume, which belongs into \"ignore\""
                           : "");
    ig_result_fix(r, "To have the differences named, run `initgate measure --volume DIR "
                     "--manifest FILE` where the volume is as it should be, and give the policy "
                     "that manifest.");
}

/* --- the check ------------------------------------------------------------ */

static void judge(const struct ig_question *q, const struct ig_tree *tree, int manifest,
                  struct ig_result *r)
{
    const struct tree_params *p = q->setting->params;
    struct ig_trouble trouble = {0};
    if (manifest >= 0) {
        /* First, since it tells what matters. */
        judge_manifest(p, tree, manifest, r);
    }
    ig_trouble_find(q, tree, &trouble, r);
    if (manifest < 0 && trouble.mounts.count == 0 && trouble.errors.count == 0) {
        judge_digest(p, tree, trouble.promised, r);
    }
    ig_trouble_say(&trouble, manifest >= 0, r);
    ig_trouble_free(&trouble);
}

static void say_unreadable(const struct ig_error *e, struct ig_result *r)
{
    ig_result_set(r, IG_STATUS_ERROR, "The volume cannot be read: %s.", e->text);
    ig_result_fix(r, e->number == EACCES    ? "Run the gate as a user that may list it."
                     : e->number == ENOTSUP ? "Name a volume: what the kernel itself shows is none."
                                            : "See what keeps the gate from reading it. If it was "
                                              "being replaced, the gate passes when started again "
                                              "(restartPolicy Always or OnFailure).");
}

static void read_and_judge(const struct ig_question *q, int dir, int manifest, struct ig_result *r)
{
    const struct tree_params *p = q->setting->params;
    /* The scene counts what all threads have done. */
    struct ig_scene *scene = (struct ig_scene *)q->scene;
    struct ig_tree_options options = {
        .threads = scene->cpus,
        .ignore = (const char *const *)p->ignore.list,
        .ignore_count = p->ignore.count,
        .progress = &scene->progress,
    };
    struct ig_tree *tree = NULL;
    struct ig_error e = {0};
    if (ig_tree_list(dir, &options, &tree, &e) != 0) {
        say_unreadable(&e, r);
        return;
    }
    atomic_fetch_add(&scene->files_total, tree->files);
    atomic_fetch_add(&scene->bytes_total, tree->bytes);
    ig_tree_read_content(tree, &scene->progress, &scene->files);
    judge(q, tree, manifest, r);
    if (r->status == IG_STATUS_PASS) {
        q->volume->compared = IG_STEAL(tree);
    }
    ig_tree_free(tree);
}

/* What another volume lies on is not what the container finds there. True where R says so. */
static bool say_hidden_part(const struct ig_question *q, struct ig_result *r)
{
    const struct tree_params *p = q->setting->params;
    struct ig_hidden_parts parts;
    const struct ig_hidden_part *found = NULL;
    ig_hidden_parts(q->scene, q->subject, &parts);
    for (size_t i = 0; i < parts.count && found == NULL; i++) {
        bool ignored = false;
        for (size_t n = 0; n < p->ignore.count; n++) {
            ignored = ignored || ig_part_below(parts.list[i].path, p->ignore.list[n]);
        }
        found = ignored ? NULL : &parts.list[i];
    }
    if (found != NULL) {
        ig_say_hidden_part(found, r);
        IG_AUTO_FREE char *fix = IG_STEAL(r->fix);
        ig_result_fix(r, "%s What need not be judged may be left out with \"ignore\".", fix);
    }
    free(parts.list);
    return found != NULL;
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    const struct tree_params *p = q->setting->params;
    IG_AUTO_CLOSE int manifest = -1;
    struct ig_names strangers;
    struct ig_error e = {0};
    if (!ig_volume_seen(q, r)) {
        return;
    }
    const struct ig_meta *meta = &ig_walk_final(&q->volume->walk)->meta;
    if (!ig_meta_is(meta, S_IFDIR)) {
        ig_result_set(r, IG_STATUS_FAIL, "It is a %s, not a folder with a tree.",
                      ig_meta_type(meta));
        ig_result_fix(r, "Check the subPath, or name the file in \"files\".");
        return;
    }
    if (say_hidden_part(q, r)) {
        return;
    }
    if (p->manifest != NULL && (manifest = open_manifest(q, p, r)) < 0) {
        return;
    }
    const struct ig_generation *generation = &q->volume->generation;
    int keys = ig_generation_is_all(generation, q->volume->walk.fd, &strangers, &e);
    if (keys < 0) {
        say_unreadable(&e, r);
    } else {
        read_and_judge(q, keys == 1 ? generation->data.fd : q->volume->walk.fd, manifest, r);
        ig_trouble_strangers(&strangers, manifest >= 0, r);
    }
    ig_names_free(&strangers);
}

/* --- the last look -------------------------------------------------------- */

struct last_look {
    const struct ig_tree *tree;
    bool extra;               /* what appears may be there */
    struct ig_naming moved;
    struct ig_result *r;
};

/* Times of folders are not compared, nor what the policy permits to be there. */
static void add_move(void *context, const char *path, enum ig_tree_again what, int number)
{
    static const char *const kinds[] = {
        [IG_TREE_APPEARED] = "appeared", [IG_TREE_VANISHED] = "vanished",
        [IG_TREE_MOVED] = "changed", [IG_TREE_UNKNOWN] = "error"};
    struct last_look *look = context;
    const struct ig_tree_entry *entry = ig_tree_find(look->tree, path);
    bool permitted = entry != NULL ? (entry->flags & IG_TREE_UNLISTED) != 0
                                   : look->extra && what == IG_TREE_APPEARED;
    bool own_mode = path[0] == '\0' && what == IG_TREE_MOVED;
    if (what == IG_TREE_TOUCHED || permitted || own_mode) {
        return;
    }
    char text[128];
    const char *why =
        what == IG_TREE_UNKNOWN ? ig_errno_text(number, text, sizeof text) : NULL;
    ig_naming_add(&look->moved, kinds[what], path, why);
    ig_result_item(look->r, kinds[what], path[0] != '\0' ? path : ".", why);
}

/* All else of the run is done: a pass holds for the whole of it. */
static void tree_again(const struct ig_question *q, struct ig_result *r)
{
    const struct tree_params *p = q->setting->params;
    struct last_look look = {
        .tree = q->volume->compared, .extra = p->extra == EXTRA_ALLOW, .r = r};
    if (q->volume->compared == NULL) {
        return;
    }
    ig_tree_look_again(q->volume->compared, add_move, &look);
    ig_naming_end(&look.moved);
    if (look.moved.count > 0) {
        ig_result_set(r, IG_STATUS_ERROR, "It held what it should, but changed while it was "
                                          "checked: %s.", ig_buf_text(&look.moved.text));
        ig_result_expected(r, "%s%s", p->manifest != NULL ? "manifest " : "", p->sha256);
        ig_result_fix(r, "Let nobody write to it while the pod starts: look at what runs beside "
                         "the gate, or let the gate wait with --settle SECONDS.");
    }
    ig_buf_free(&look.moved.text);
}

const struct ig_check ig_check_volume_tree = {
    .spec = {.id = "volume.tree",
             .key = "tree",
             .kind = IG_KIND_VOLUME,
             .summary = "holds what its manifest lists, or has the digest asked: nothing missing, "
                        "changed or extra",
             .params = params,
             .params_size = sizeof(struct tree_params),
             .on_request = true,
             .validate = validate},
    .means = "Every file, folder, symlink and special file on the volume is read and compared: type, "
             "mode, owner, size, symlink target, file capability and content. With a manifest, what "
             "is missing, changed or extra is named; with a digest alone, only that something is. "
             "doc/volumes.md defines both. Of a ConfigMap, Secret or projected volume one "
             "generation is held and compared. Other mounts below it must be promised by entries "
             "of their own. When all other checks are done each name, size, owner, mode and time "
             "of change is looked at again: what moved since makes the result an error.",
    .matters = "A copy that stopped half-way, a chown -R, or files of the last release that nobody "
               "removed: the program starts on them, and fails later or answers wrongly.",
    .mend = "Look at the result's items for what differs. Deliver what was built; where fsGroup "
            "rewrites modes say \"mode\": false; where the program writes, \"ignore\" its folder; or "
            "measure the volume again.",
    .needs = ig_volume_needs_mounted,
    .run = run,
    .again = tree_again,
};
