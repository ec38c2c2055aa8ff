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

/* One look at the volume, by several threads. */
struct look {
    struct ig_tree *tree;
    atomic_size_t written, refused, unknown;
    atomic_ullong *progress;
};

static int ask_lease(void *context, unsigned thread, int fd, struct ig_tree_entry *entry)
{
    struct look *look = context;
    (void)thread;
    switch (ig_fd_lease(fd)) {
    case IG_LEASE_FREE:
        break;
    case IG_LEASE_WRITTEN:
        entry->of.digest[0] = 1;
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
    return 0;
}

static int take_look(const struct ig_question *q, struct look *look, struct ig_error *e)
{
    struct ig_scene *scene = (struct ig_scene *)q->scene;
    struct ig_tree_options options = {.threads = scene->cpus, .progress = &scene->progress};
    *look = (struct look){.progress = &scene->progress};
    if (ig_tree_list(q->volume->walk.fd, &options, &look->tree, e) != 0) {
        return -1;
    }
    ig_tree_visit(look->tree, 0, ask_lease, look);
    return 0;
}

static void add_open_files(const struct look *look, struct ig_result *r)
{
    for (size_t i = 0; i < look->tree->count; i++) {
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
    size_t failed = atomic_load(&look->tree->failed);
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
    ig_result_fix(r, "Run the gate as a user that may read the volume.");
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
    ig_result_observed(r, "%zu files, %zu of them open for writing", look->tree->files,
                       atomic_load(&look->written));
    if (atomic_load(&look->written) > 0) {
        add_open_files(look, r);
        say_still_busy(q, r);
    } else if (say_problems(look, r)) {
        return;
    } else if (refused > 0) {
        ig_result_set(r, IG_STATUS_SKIP, "Whether %zu of its %zu files are open for writing cannot "
                                         "be asked: that needs their owner or CAP_LEASE. Changes "
                                         "would be seen.", refused, look->tree->files);
        ig_result_fix(r, "Run the gate as the owner of the files.");
    } else if (unknown > 0) {
        ig_result_set(r, IG_STATUS_SKIP, "Whether its files are open for writing cannot be asked: "
                                         "its file system has no leases. Changes would be seen.");
        ig_result_fix(r, "Rely on volume.tree, or deliver the content before this pod starts.");
    } else {
        ig_result_set(r, IG_STATUS_PASS, "No file of it is open for writing, and nothing changed.");
    }
}

/* Look at TREE each second, for the time that --settle gives. False as soon as anything moved. */
static bool stays_quiet(const struct ig_question *q, struct ig_tree *tree, struct ig_result *r)
{
    struct ig_scene *scene = (struct ig_scene *)q->scene;
    double until = ig_now() + scene->settle;
    do {
        struct timespec second = {.tv_sec = 1};
        nanosleep(&second, NULL);
        atomic_fetch_add(&scene->progress, 1);
        ig_tree_look_again(tree, add_change, r);
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
        if (q->scene->settle == 0 || (stays_quiet(q, look->tree, r) && quiet) ||
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
    if (!ig_meta_is(&ig_walk_final(&q->volume->walk)->meta, S_IFDIR)) {
        ig_result_set(r, IG_STATUS_SKIP, "What is mounted is a %s, no folder.",
                      ig_meta_type(&ig_walk_final(&q->volume->walk)->meta));
    } else if (settle(q, &look, r, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "It cannot be listed: %s.", e.text);
        ig_result_fix(r, "Run the gate as a user that may read the volume.");
    } else if (r->item_count > 0) {
        say_still_busy(q, r);
    } else {
        judge(q, &look, r);
        q->volume->quiet = IG_STEAL(look.tree);
    }
    ig_tree_free(look.tree);
}

/* Everything else of the run is done by now: what was judged is what lies there. */
static void writers_again(const struct ig_question *q, struct ig_result *r)
{
    if (q->volume->quiet != NULL) {
        ig_tree_look_again(q->volume->quiet, add_change, r);
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
             .on_request = true},
    .means = "A read lease (fcntl(2), F_SETLEASE) is asked for on every file, which the kernel "
             "refuses while anybody has the file open for writing or mapped so, in whatever "
             "container; and when all other checks are done, names, sizes and times of change are "
             "what they were at first. With --settle SECONDS the gate first waits until nothing "
             "has moved for so long, within --timeout. Leases need the owner of the files or "
             "CAP_LEASE, and a local file system: where they cannot be had the check is skipped, "
             "unless something changed.",
    .matters = "A sidecar or another pod that is still copying leaves half-written files: what was "
               "checked is not what the program will read.",
    .mend = "Deliver the content in an earlier init container, which has ended when the gate "
            "starts; or let the gate wait with --settle.",
    .needs = ig_volume_needs_mounted,
    .run = run_writers,
    .again = writers_again,
};
