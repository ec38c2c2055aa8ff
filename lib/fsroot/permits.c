/* SPDX-License-Identifier: Apache-2.0 */
#include "fsroot/permits.h"

enum { MAY_EXEC = 1, OVERFLOW_ID = 65534 };

/* LINK lies in the DIRECTORY, or in one that the walk does not know: NULL. */
static bool may_follow(const struct ig_cred *cred, const struct ig_hop *link,
                       const struct ig_hop *directory, bool unmapped)
{
    const uint32_t open_and_sticky = S_ISVTX | S_IWOTH;
    if (!link->trailing || directory == NULL ||
        (directory->meta.mode & open_and_sticky) != open_and_sticky) {
        return true;
    }
    if (unmapped && link->meta.uid == OVERFLOW_ID) {
        /* Whose it really is, and whether the directory's, cannot be told. */
        return false;
    }
    return link->meta.uid == cred->uid || link->meta.uid == directory->meta.uid;
}

bool ig_walk_permits(const struct ig_walk *walk, const struct ig_cred *cred, unsigned may,
                     bool unmapped, bool protected_symlinks, const struct ig_hop **failing)
{
    const struct ig_hop *directory = NULL;
    for (size_t i = 0; i < walk->count; i++) {
        const struct ig_hop *hop = &walk->hops[i];
        bool permitted = true;
        switch (hop->kind) {
        case IG_HOP_DIRECTORY:
            directory = hop;
            permitted = ig_cred_may(cred, &hop->meta, MAY_EXEC, unmapped);
            break;
        case IG_HOP_LINK:
            permitted = !protected_symlinks || may_follow(cred, hop, directory, unmapped);
            break;
        case IG_HOP_FINAL:
            permitted = ig_cred_may(cred, &hop->meta, may, unmapped);
            break;
        }
        if (!permitted) {
            if (failing != NULL) {
                *failing = hop;
            }
            return false;
        }
    }
    if (failing != NULL) {
        *failing = NULL;
    }
    return walk->error == 0;
}

const struct ig_hop *ig_walk_unfollowable(const struct ig_walk *walk, const struct ig_cred *cred,
                                          bool unmapped)
{
    const struct ig_hop *directory = NULL;
    for (size_t i = 0; i < walk->count; i++) {
        const struct ig_hop *hop = &walk->hops[i];
        if (hop->kind == IG_HOP_LINK && !may_follow(cred, hop, directory, unmapped)) {
            return hop;
        }
        directory = hop->kind == IG_HOP_DIRECTORY ? hop : directory;
    }
    return NULL;
}
