/* SPDX-License-Identifier: Apache-2.0 */
/* What the program's user may do with the files of a volume: every inode asked, each named once. */
#ifndef IG_CHECKS_ACCESS_SURVEY_H
#define IG_CHECKS_ACCESS_SURVEY_H

#include "checks/access_mend.h"
#include "checks/access_places.h"
#include "checks/check.h"
#include "checks/hidden.h"
#include "core/buf.h"
#include "policy/spec.h"

enum { IG_ACCESS_NAMED = 3 };  /* of each tally, in a message */

struct ig_access_tally {
    size_t judged, refused;
    struct ig_buf named;  /* the first of the refused */
};

struct ig_access_survey {
    const struct ig_question *q;
    struct ig_result *r;              /* takes the items */
    const struct ig_strings *ignore;  /* on the volume; not judged unless it is asked by name */
    struct ig_access_who who;
    bool collecting;                  /* all is judged: fill shapes instead */
    struct ig_access_shapes shapes;
    struct ig_access_tally tally[IG_WANT_KINDS];
    struct ig_access_tally missing, problems, unfollowable;  /* refused only */
    size_t leading_off;               /* of the problems: links that lead off the volume */
    size_t mounts_below;              /* not judged */
    struct ig_access_mount mount;     /* on which lies what is being judged */
    bool lost_found;                  /* an offender is ext4's own folder */
    char *read_only, *frozen, *noexec;  /* the first path of which that is so, where it matters */
    struct ig_access_places places;
    struct ig_hidden_parts hidden;    /* not judged, as mounts_below */
    int hidden_errno;                 /* of one of the problems; else 0 */

    const struct ig_fsroot *root;     /* where the volume lies in the main container's view */
    struct ig_walk base;              /* to it, there */
    bool base_is_main;                /* the folders above it are those of the main container */
    struct ig_access_link *links;     /* all that are below what is asked; owned */
    size_t link_count;
};

/* Find the volume, of which IGNORE is left out (borrowed until it is closed). False where the user does not even come there, or that cannot be told (R says
 * so). To be closed in either case. */
bool ig_access_survey_open(struct ig_access_survey *survey, const struct ig_question *q,
                           const struct ig_strings *ignore, struct ig_result *r);
/* Judge LISTS[n] for the want 1 << n. */
void ig_access_survey_run(struct ig_access_survey *survey,
                          const struct ig_strings *const lists[IG_WANT_KINDS]);
/* The one change after which all may be used; the places' refused say of
 * what. Where that needs more, everything asked is marked as refused. */
struct ig_mend ig_access_survey_mend(struct ig_access_survey *survey, enum ig_volume_sort sort);
void ig_access_survey_close(struct ig_access_survey *survey);

/* Is there a ConfigMap, Secret or projected volume's generation? */
bool ig_access_survey_atomic(const struct ig_access_survey *survey);

#endif
