/* SPDX-License-Identifier: Apache-2.0 */
/* What the two resolvers share: the resolution under construction. For lib/elf alone. */
#ifndef IG_ELF_SEARCH_H
#define IG_ELF_SEARCH_H

#include "elf/files.h"
#include "elf/loader.h"
#include "elf/resolve.h"

enum {
    IG_OBJECTS_MAX = 4096,   /* libraries of one process */
    IG_NEEDS_MAX = 65536,    /* DT_NEEDED entries of all of them */
    IG_TRIES_MAX = 4096,     /* places tried for one name */
};

struct ig_search {
    const struct ig_resolve_options *options;
    const struct ig_image *program;
    const char *loader_path;
    struct ig_loader loader;
    const struct ig_file *loader_file;  /* NULL where the loader cannot be read */
    struct ig_ldcache cache;            /* empty where there is none */
    struct ig_resolution *out;
    struct ig_need *need;               /* the one being looked for */
};

/* What came of trying one place. */
enum ig_found {
    IG_FOUND,      /* need->object is set */
    IG_NOT_HERE,   /* look further */
    IG_GIVE_UP,    /* the loader gives up; need->fault says why, or need->unread */
};

/* Try the file PATH. KEEP_LOOKING: a file of another machine, or one that the user may not read, is
 * passed over (glibc); otherwise it is the end (musl). */
enum ig_found ig_search_try(struct ig_search *s, const char *path, enum ig_rule rule,
                            size_t rule_of, bool keep_looking);

/* Note a directory that stands in a search path, once. */
void ig_search_dir_note(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of);

/* The object that is already known by NAME (its path, a name it was asked by, its DT_SONAME), or
 * SIZE_MAX. */
size_t ig_search_loaded(const struct ig_search *s, const char *name);

/* Add the loader itself as an object. */
size_t ig_search_add_loader(struct ig_search *s, size_t needed_by, const char *name);

/* The directory part of PATH, malloc'd ("/" for "/x"). */
char *ig_dirname(const char *path);

/* Look for s->need->name, needed by object BY; fills s->need. */
void ig_search_glibc(struct ig_search *s, size_t by);
void ig_search_musl(struct ig_search *s, size_t by);

#endif
