/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "checks/access_survey.h"
#include "checks/access_words.h"
#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/words.h"
#include "core/mem.h"

struct access_params {
    struct ig_strings readable, writable, executable, ignore;
};

static const struct ig_param access_params[] = {
    {.name = "readable", .type = IG_TYPE_RELATIVE_PATHS, .lifted = true,
     .offset = offsetof(struct access_params, readable),
     .summary = "files, or folders with all below, that runAs must be able to read"},
    {.name = "writable", .type = IG_TYPE_RELATIVE_PATHS, .lifted = true,
     .offset = offsetof(struct access_params, writable),
     .summary = "likewise to read and write, and to create files in"},
    {.name = "executable", .type = IG_TYPE_RELATIVE_PATHS, .lifted = true,
     .offset = offsetof(struct access_params, executable),
     .summary = "likewise to execute, every regular file below"},
    {.name = "ignore", .type = IG_TYPE_RELATIVE_PATHS,
     .offset = offsetof(struct access_params, ignore),
     .summary = "files and folders below these that are left out, with all below them"},
    {0},
};

static int validate(const void *params_of_check, struct ig_error *e)
{
    return ig_ignore_validate(&((const struct access_params *)params_of_check)->ignore, e);
}

/* Is something asked of what another volume hides? True where R says so. */
static bool say_hidden_part(const struct ig_question *q,
                            const struct ig_strings *const lists[IG_WANT_KINDS],
                            struct ig_result *r)
{
    struct ig_hidden_parts parts;
    const struct ig_hidden_part *found = NULL;
    ig_hidden_parts(q->scene, q->subject, &parts);
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        for (size_t i = 0; lists[kind] != NULL && found == NULL && i < lists[kind]->count; i++) {
            found = ig_hidden_part_of(&parts, lists[kind]->list[i]);
        }
    }
    if (found != NULL) {
        ig_say_hidden_part(found, r);
    }
    free(parts.list);
    return found != NULL;
}

static void run_access(const struct ig_question *q, struct ig_result *r)
{
    const struct access_params *p = q->setting->params;
    const struct ig_strings *const lists[IG_WANT_KINDS] = {&p->readable, &p->writable,
                                                           &p->executable, NULL};
    struct ig_access_survey survey;
    if (p->readable.count + p->writable.count + p->executable.count == 0) {
        ig_result_set(r, IG_STATUS_SKIP, "The policy asks nothing to be readable, writable or "
                                         "executable.");
        return;
    }
    if (!q->scene->run_as_known) {
        ig_result_set(r, IG_STATUS_ERROR, "What the program's user may do on it is not known: "
                                          "under --root, name the user with runAs.");
        ig_result_fix(r, "Add runAs to the policy, or --run-as UID:GID.");
        return;
    }
    if (!ig_volume_seen(q, r) || say_hidden_part(q, lists, r)) {
        return;
    }
    if (ig_access_survey_open(&survey, q, &p->ignore, r)) {
        ig_access_survey_run(&survey, lists);
        ig_access_say(&survey, lists, r);
        ig_add_hidden(q->scene, survey.hidden_errno, r);
    }
    ig_access_survey_close(&survey);
}

const struct ig_check ig_check_volume_access = {
    .spec = {.id = "volume.access",
             .key = "access",
             .kind = IG_KIND_VOLUME,
             .summary = "runAs may read, write and execute what the policy says, whole folders",
             .params = access_params,
             .params_size = sizeof(struct access_params),
             .on_request = true,
             .validate = validate},
    .means = "Each path under readable, writable or executable is there, and the user that runAs "
             "names may use it and all below it: the kernel's own rules over mode bits, groups, "
             "ACLs and capabilities, from the container's / down. Readable are files r and "
             "directories r-x; writable files rw and directories rwx; executable files x and "
             "directories x. A symlink counts as what it leads to on the volume. What is mounted "
             "below is judged only by what the policy names there. The options of the mount count "
             "too: noexec fails, a read-only file system fails, a mount that is read-only in the "
             "gate's container alone warns.",
    .matters = "An init container that runs as root fills a volume with files of 0:0, and the main "
               "container, as another user, fails on the first write: at the start, or days later "
               "in the one folder that was forgotten.",
    .mend = "Do what the report says under \"To do\": it is the one fsGroup, supplementalGroups, "
            "defaultMode, chmod or chown after which everything asked may be used. Where a folder of "
            "programs holds other files too, name the programs alone under executable. Leave out with "
            "\"ignore\" what the program does not need, as an ext4 volume's lost+found.",
    .needs = ig_volume_needs_mounted,
    .run = run_access,
};
