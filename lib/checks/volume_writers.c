/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "checks/check.h"
#include "checks/words.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/text.h"
#include "fsroot/lease.h"
#include "fsroot/tree.h"

struct writers_params {
    struct ig_strings ignore;
};

static const struct ig_param params[] = {
    {.name = "ignore", .type = IG_TYPE_RELATIVE_PATHS,
     .offset = offsetof(struct writers_params, ignore),
     .summary = "files and folders that may be written, or not be readable, with all below them"},
    {0},
};

static int validate(const void *params_of_check, struct ig_error *e)
{
    return ig_ignore_validate(&((const struct writers_params *)params_of_check)->ignore, e);
}

/* One look at the volume, by several threads. */
struct look {
    struct ig_tree *tree;  /* NULL where the volume is a single file: */
    struct ig_meta file;   /* no ACL */
    size_t files;
    atomic_size_t written, refused, unknown;
    atomic_ullong *progress;
};

/* Is FD held open for writing? */
static bool ask_lease(struct look *look, int fd)
{
    enum ig_lease lease = ig_fd_lease(fd);
    switch (lease) {
    case IG_LEASE_FREE:
        break;
    case IG_LEASE_WRITTEN:
        atomic_fetch_add(&look->written, 1);
        break;
    case IG_LEASE_REFUSED:
        atomic_fetch_add(&look->refused, 1);
        break;
    case IG_LEASE_UNKNOWN:
        atomic_fetch_add(&look->unknown, 1);
        break;
    }
    atomic_fetch_add(look->progress, 1);
    return lease == IG_LEASE_WRITTEN;
}

static int visit(void *context, unsigned thread, int fd, struct ig_tree_entry *entry)
{
    (void)thread;
    entry->of.digest[0] = ask_lease(context, fd);
    return 0;
}

static bool is_folder(const struct ig_question *q)
{
    return ig_meta_is(&ig_walk_final(&q->volume->walk)->meta, S_IFDIR);
}

/* A mount on a file stays on its inode, wherever that is renamed to. */
static int look_at_file(const struct ig_question *q, struct look *look, struct ig_error *e)
{
    IG_AUTO_CLOSE int fd = ig_walk_open(&q->volume->walk, e);
    if (fd < 0 || ig_meta_of_fd(fd, &look->file, e) != 0) {
        return -1;
    }
    ig_meta_free(&look->file);
    look->files = 1;
    ask_lease(look, fd);
    return 0;
}

static int take_look(const struct ig_question *q, struct look *look, struct ig_error *e)
{
    struct ig_scene *scene = (struct ig_scene *)q->scene;
    const struct writers_params *p = q->setting->params;
    struct ig_tree_options options = {.threads = scene->cpus,
                                      .ignore = (const char *const *)p->ignore.list,
                                      .ignore_count = p->ignore.count,
                                      .progress = &scene->progress};
    *look = (struct look){.progress = &scene->progress};
    if (!is_folder(q)) {
        return look_at_file(q, look, e);
    }
    if (ig_tree_list(q->volume->walk.fd, &options, &look->tree, e) != 0) {
        return -1;
    }
    ig_tree_visit(look->tree, 0, visit, look);
    look->files = look->tree->files;
    return 0;
}

static const char *file_name(const struct ig_question *q)
{
    return strrchr(q->subject->path, '/') + 1;
}

static void add_open_files(const struct ig_question *q, const struct look *look,
                           struct ig_result *r)
{
    if (look->tree == NULL) {
        ig_result_item(r, "open", file_name(q), NULL);
    }
    for (size_t i = 0; look->tree != NULL && i < look->tree->count; i++) {
        const struct ig_tree_entry *entry = look->tree->entries[i];
        if ((entry->mode & S_IFMT) == S_IFREG && entry->of.digest[0] != 0) {
            IG_AUTO_BUF struct ig_buf path = {0};
            ig_tree_path(entry, &path);
            ig_result_item(r, "open", ig_buf_text(&path), NULL);
        }
    }
}

static void add_change(void *context, const char *path, enum ig_tree_again what, int number)
{
    static const char *const kinds[] = {
        [IG_TREE_APPEARED] = "appeared", [IG_TREE_VANISHED] = "vanished",
        [IG_TREE_MOVED] = "changed", [IG_TREE_TOUCHED] = "changed", [IG_TREE_UNKNOWN] = "unknown"};
    char text[128];
    bool unknown = what == IG_TREE_UNKNOWN;
    ig_result_item(context, kinds[what], path[0] != '\0' ? path : ".",
                   unknown ? ig_errno_text(number, text, sizeof text) : NULL);
}

static void look_at_file_again(const struct ig_question *q, const struct ig_meta *was,
                               struct ig_result *r)
{
    struct ig_error e = {0};
    struct ig_meta now;
    if (ig_meta_of_fd(q->volume->walk.fd, &now, &e) != 0) {
        ig_result_item(r, "unknown", file_name(q), e.text);
        return;
    }
    if (!ig_meta_same_content(was, &now)) {
        ig_result_item(r, "changed", file_name(q), NULL);
    }
    ig_meta_free(&now);
}

static void look_again(const struct ig_question *q, const struct look *look, struct ig_result *r)
{
    if (look->tree != NULL) {
        ig_tree_look_again(look->tree, add_change, r);
    } else {
        look_at_file_again(q, &look->file, r);
    }
}

static void say_busy(struct ig_result *r, const char *when)
{
    IG_AUTO_FREE char *names = ig_say_items(r);
    ig_result_set(r, IG_STATUS_FAIL, "It is still being written%s: %s.", when, names);
    ig_result_expected(r, "no file open for writing, and no change");
    ig_result_observed(r, "%zu file%s or folder%s", r->item_count, r->item_count == 1 ? "" : "s",
                       r->item_count == 1 ? "" : "s");
    ig_result_fix(r, "Let what writes it end before the gate starts: an earlier init container "
                     "instead of a sidecar or another pod; or let the gate wait for it with "
                     "--settle SECONDS.");
}

static bool say_problems(const struct look *look, struct ig_result *r)
{
    size_t failed = look->tree != NULL ? atomic_load(&look->tree->failed) : 0;
    for (size_t i = 0; failed > 0 && i < look->tree->count; i++) {
        const struct ig_tree_entry *entry = look->tree->entries[i];
        IG_AUTO_FREE char *problem = ig_tree_problem(entry);
        if (problem != NULL) {
            IG_AUTO_BUF struct ig_buf path = {0};
            ig_tree_path(entry, &path);
            ig_result_item(r, "unknown", ig_buf_text(&path), problem);
        }
    }
    if (r->item_count == 0) {
        return false;
    }
    ig_result_set(r, IG_STATUS_ERROR, "%s %s%s.", r->items[0].path, r->items[0].detail,
                  r->item_count > 1 ? ", and others likewise" : "");
    ig_result_fix(r, "Run the gate as a user that may read it, or, if the program does not need it, "
                     "leave it out: \"writers\": {\"ignore\": [\"%s\"]}.", r->items[0].path);
    return true;
}

static void say_still_busy(const struct ig_question *q, struct ig_result *r)
{
    if (q->scene->settle == 0) {
        say_busy(r, "");
        return;
    }
    IG_AUTO_FREE char *when = ig_format(" after %u seconds of waiting (--settle)",
                                        (unsigned)(ig_now() - q->scene->started));
    say_busy(r, when);
}

static void judge(const struct ig_question *q, const struct look *look, struct ig_result *r)
{
    size_t refused = atomic_load(&look->refused);
    size_t unknown = atomic_load(&look->unknown);
    ig_result_observed(r, "%zu file%s, %zu of them open for writing", look->files,
                       look->files == 1 ? "" : "s", atomic_load(&look->written));
    if (atomic_load(&look->written) > 0) {
        add_open_files(q, look, r);
        say_still_busy(q, r);
    } else if (say_problems(look, r)) {
        return;
    } else if (refused > 0) {
        ig_result_set(r, IG_STATUS_SKIP, "Whether %zu of its %zu files are open for writing cannot "
                                         "be asked: that needs their owner or CAP_LEASE. Changes "
                                         "would be seen.", refused, look->files);
        ig_result_fix(r, "Run the gate as the owner of the files.");
    } else if (unknown > 0) {
        ig_result_set(r, IG_STATUS_SKIP, "Whether its files are open for writing cannot be asked: "
                                         "its file system has no leases. Changes would be seen.");
        ig_result_fix(r, "Rely on volume.tree, or deliver the content before this pod starts.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "No file of it is open for writing, and nothing changed.");
    }
}

/* Look again each second, for the time that --settle gives. False as soon as anything moved. */
static bool stays_quiet(const struct ig_question *q, const struct look *look, struct ig_result *r)
{
    struct ig_scene *scene = (struct ig_scene *)q->scene;
    double until = ig_now() + scene->settle;
    do {
        struct timespec second = {.tv_sec = 1};
        nanosleep(&second, NULL);
        atomic_fetch_add(&scene->progress, 1);
        look_again(q, look, r);
    } while (r->item_count == 0 && ig_now() < until);
    return r->item_count == 0;
}

/* The first look that was quiet for as long as --settle asks, or the last one before the time is up
 * (then R says what moved). */
static int settle(const struct ig_question *q, struct look *look, struct ig_result *r,
                  struct ig_error *e)
{
    for (;;) {
        ig_result_clear_items(r);
        if (take_look(q, look, e) != 0) {
            return -1;
        }
        bool quiet = atomic_load(&look->written) == 0;
        if (q->scene->settle == 0 || (stays_quiet(q, look, r) && quiet) ||
            ig_now() >= q->scene->deadline) {
            return 0;
        }
        ig_tree_free(look->tree);
        look->tree = NULL;
    }
}

static void run_writers(const struct ig_question *q, struct ig_result *r)
{
    struct look look = {0};
    struct ig_error e = {0};
    if (!ig_volume_seen(q, r)) {
        return;
    }
    const struct ig_meta *meta = &ig_walk_final(&q->volume->walk)->meta;
    if (!ig_meta_is(meta, S_IFDIR) && !ig_meta_is(meta, S_IFREG)) {
        ig_result_set(r, IG_STATUS_ERROR, "It is a %s: whether it is being written cannot be asked.",
                      ig_meta_type(meta));
        ig_result_fix(r, "Mount a folder or a file, or say \"writers\": false.");
    } else if (settle(q, &look, r, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "It cannot be %s: %s.", is_folder(q) ? "listed" : "opened",
                      e.text);
        ig_result_fix(r, "Run the gate as a user that may read the volume.");
    } else if (r->item_count > 0) {
        say_still_busy(q, r);
    } else {
        judge(q, &look, r);
        q->volume->quiet_file = look.file;
        q->volume->quiet_file_known = look.tree == NULL;
        q->volume->quiet = IG_STEAL(look.tree);
    }
    ig_tree_free(look.tree);
}

/* Everything else of the run is done by now: what was judged is what lies there. */
static void writers_again(const struct ig_question *q, struct ig_result *r)
{
    const struct look look = {.tree = q->volume->quiet, .file = q->volume->quiet_file};
    if (look.tree != NULL || q->volume->quiet_file_known) {
        look_again(q, &look, r);
    }
    if (r->item_count > 0) {
        say_busy(r, " while the gate looked");
    }
}

const struct ig_check ig_check_volume_writers = {
    .spec = {.id = "volume.writers",
             .key = "writers",
             .kind = IG_KIND_VOLUME,
             .summary = "no file is held open for writing, and nothing changed from the first look "
                        "to the last",
             .params = params,
             .params_size = sizeof(struct writers_params),
             .on_request = true,
             .validate = validate},
    .means = "A read lease (fcntl(2), F_SETLEASE) is asked for on every file, which the kernel "
             "refuses while anybody has the file open for writing or mapped so, in whatever "
             "container; and when all other checks are done, names, sizes and times of change are "
             "what they were at first. A volume that is a single file (subPath) is judged likewise. "
             "With --settle SECONDS the gate first waits until nothing has moved for so long, "
             "within --timeout. What \"ignore\" names is left out. Leases need the owner of the "
             "files or CAP_LEASE, and a local file system: where they cannot be had the check is "
             "skipped, unless something changed.",
    .matters = "A sidecar or another pod that is still copying leaves half-written files: what was "
               "checked is not what the program will read.",
    .mend = "Deliver the content in an earlier init container, which has ended when the gate "
            "starts; or let the gate wait with --settle. Leave out with \"ignore\" what may be "
            "written, and what only root may read, as an ext4 volume's lost+found.",
    .needs = ig_volume_needs_mounted,
    .run = run_writers,
    .again = writers_again,
};
