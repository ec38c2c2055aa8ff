/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's own files below /etc. A loader passes in silence over one that its user may not read
 * (rtld.c asks access(2), dl-cache.c and dynlink.c open it), so the same image starts for root
 * and not for another. */
#include <errno.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/search.h"

static void say_refused(struct ig_search *s, const char *path, bool exists)
{
    IG_AUTO_FREE char *before = IG_STEAL(s->out->refused);
    s->out->refused = ig_format(
        "%s%s%s%s: its loader %s", before != NULL ? before : "", before != NULL ? ". " : "", path,
        exists ? " exists, but the program's user may not read it"
               : " is below a folder that the program's user may not search",
        s->out->kind == IG_LOADER_MUSL ? "then looks in no default directory"
                                       : "goes on without it");
}

bool ig_search_may_read(struct ig_search *s, const char *path)
{
    struct ig_walk walk;
    if (s->options->permits == NULL) {
        return true;
    }
    ig_fsroot_walk(s->options->root, path, 0, &walk);
    bool may = s->options->permits(s->options->context, &walk, 4);
    bool exists = ig_walk_final(&walk) != NULL;
    ig_walk_free(&walk);
    /* glibc makes no difference between a file that it may not read and none. */
    if (!may && (exists || s->out->kind == IG_LOADER_MUSL)) {
        say_refused(s, path, exists);
    }
    return may;
}

void ig_search_unknown(struct ig_search *s, const struct ig_error *e)
{
    if (s->out->limit == NULL) {
        s->out->limit = ig_format("the gate cannot read a file of the loader's own: %s", e->text);
        s->out->limit_errno = e->number;
    }
}

int ig_search_read(struct ig_search *s, const char *path, struct ig_buf *out)
{
    enum { SIZE_MOST = 64 << 10 };
    struct ig_error e = {0};
    if (!ig_search_may_read(s, path)) {
        return EACCES;
    }
    /* Mostly there is none, and its directory is known. */
    struct ig_walk walk;
    ig_dirs_walk(ig_files_dirs(s->options->files), s->options->root, path, 0, &s->cost,
                 NULL, &walk);
    int number = walk.error;
    ig_walk_free(&walk);
    if (ig_absence(number)) {
        return number;
    }
    if (ig_fsroot_slurp(s->options->root, path, SIZE_MOST, out, &e) == 0) {
        return 0;
    }
    if (!ig_absence(e.number) && e.number != EINVAL) {
        ig_search_unknown(s, &e);
    }
    return e.number;
}
