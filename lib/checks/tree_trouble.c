/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/tree_trouble.h"

#include <string.h>

#include "core/mem.h"
#include "core/text.h"

enum { NAMED = 4 };

void ig_naming_add(struct ig_naming *n, const char *kind, const char *path, const char *detail)
{
    if (n->count++ >= NAMED) {
        return;
    }
    IG_AUTO_FREE char *shown = ig_escaped(path);
    ig_buf_addf(&n->text, "%s%s%s%s", n->text.length > 0 ? "; " : "", kind,
                *kind != '\0' ? " " : "", *shown != '\0' ? shown : "the folder itself");
    if (detail != NULL) {
        ig_buf_addf(&n->text, " (%s)", detail);
    }
}

void ig_naming_end(struct ig_naming *n)
{
    if (n->count > NAMED) {
        ig_buf_addf(&n->text, "; and %zu more", n->count - NAMED);
    }
}

/* Another mount of the pod that a `volumes` entry promises is judged by that entry. */
static bool is_promised(const struct ig_question *q, const char *path)
{
    const struct ig_policy *policy = q->scene->policy;
    IG_AUTO_FREE char *own = ig_format("%s/%s", q->volume->walk.path, path);
    for (size_t i = 0; i < policy->subject_count; i++) {
        const struct ig_subject *subject = &policy->subjects[i];
        if (subject->kind == IG_KIND_VOLUME && strcmp(ig_volume_at(subject), own) == 0) {
            return true;
        }
    }
    return false;
}

void ig_trouble_find(const struct ig_question *q, const struct ig_tree *tree,
                         struct ig_trouble *trouble, struct ig_result *r)
{
    IG_AUTO_BUF struct ig_buf path = {0};
    for (size_t i = 0; i < tree->count; i++) {
        const struct ig_tree_entry *entry = tree->entries[i];
        bool mount = (entry->flags & IG_TREE_MOUNT) != 0;
        bool matters = (entry->flags & IG_TREE_UNLISTED) == 0;
        if (!mount && (entry->step == IG_TREE_FINE || !matters)) {
            continue;
        }
        path.length = 0;
        ig_tree_path(entry, &path);
        IG_AUTO_FREE char *problem = ig_tree_problem(entry);
        if (problem != NULL) {
            ig_naming_add(&trouble->errors, "", path.data, problem);
            ig_result_item(r, "error", path.data, problem);
        } else if (is_promised(q, path.data)) {
            trouble->promised = true;
        } else {
            ig_naming_add(&trouble->mounts, "", path.data, NULL);
            ig_result_item(r, "mount", path.data, NULL);
        }
    }
    ig_naming_end(&trouble->mounts);
    ig_naming_end(&trouble->errors);
}

void ig_trouble_free(struct ig_trouble *trouble)
{
    ig_buf_free(&trouble->mounts.text);
    ig_buf_free(&trouble->errors.text);
}

/* What differs is certain, whatever could not be read; and a mount that hides a part, whatever the
 * manifest is worth. The mount is told first: what it hides is missing. COMPARED: R says already
 * how that went. */
void ig_trouble_say(const struct ig_trouble *trouble, bool compared, struct ig_result *r)
{
    bool differs = r->status == IG_STATUS_FAIL;
    if (trouble->mounts.count > 0) {
        IG_AUTO_FREE char *how = differs ? ig_strdup(r->message) : NULL;
        ig_result_set(r, IG_STATUS_FAIL, "Another mount hides a part of it: %s.%s%s",
                      ig_buf_text(&trouble->mounts.text), differs ? " " : "", differs ? how : "");
        ig_result_fix(r, "Take the mount out of the pod, or promise it with an entry of its own "
                         "in \"volumes\".");
    } else if (!differs && trouble->errors.count > 0 && (!compared || r->status == IG_STATUS_PASS)) {
        ig_result_set(r, IG_STATUS_ERROR, "%zu of its entries could not be read whole: %s.",
                      trouble->errors.count, ig_buf_text(&trouble->errors.text));
        ig_result_fix(r, "Run the gate as a user that may read them, and let nobody write while "
                         "the pod starts; what the program does not need, as an ext4 volume's "
                         "lost+found, leave out with \"ignore\".");
    }
}

static bool has_item(const struct ig_result *r, const char *kind, const char *path)
{
    for (size_t i = 0; i < r->item_count; i++) {
        if (strcmp(r->items[i].kind, kind) == 0 && strcmp(r->items[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* A manifest with "..data" in it is that of the whole, to which these belong. */
void ig_trouble_strangers(const struct ig_names *strangers, bool named, struct ig_result *r)
{
    struct ig_naming names = {0};
    if (r->status != IG_STATUS_FAIL || strangers->count == 0 ||
        (named && !has_item(r, "extra", "..data"))) {
        return;
    }
    for (size_t i = 0; i < strangers->count; i++) {
        bool key = strncmp(strangers->list[i], "..data/", strlen("..data/")) == 0;
        ig_naming_add(&names, "", strangers->list[i], key ? "a key without its link" : NULL);
    }
    ig_naming_end(&names);
    ig_result_set(r, IG_STATUS_FAIL, "It differs from what was measured, and is not one generation "
                                     "of a ConfigMap, Secret or projected volume alone: it also "
                                     "holds %s.", ig_buf_text(&names.text));
    ig_result_fix(r, "Take that away: a subPath or a mount that names no key makes such a folder, "
                     "and a new pod has the volume without it. If it belongs there, measure the "
                     "volume as it is.");
    ig_buf_free(&names.text);
}
