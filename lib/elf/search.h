/* SPDX-License-Identifier: Apache-2.0 */
/* What the two resolvers share: the resolution under construction. For lib/elf alone. */
#ifndef IG_ELF_SEARCH_H
#define IG_ELF_SEARCH_H

#include "elf/files.h"
#include "elf/resolve.h"
#include "elf/strmap.h"

enum {
    IG_OBJECTS_MAX = 2048,   /* libraries of one process; a browser has three hundred */
    IG_NEEDS_MAX = 32768,    /* DT_NEEDED entries of all of them; a browser has three thousand */
    IG_COST_MAX = 100000,    /* of looking for all of them: see dirs.h */
    IG_TRIES_KEPT_MAX = 4 << 20, /* bytes of places remembered for the report */
    IG_NAMES_KEPT_MAX = 4 << 20, /* bytes of all names asked for */
    IG_DIRS_MAX = 1024,      /* directories of all search paths */
};

struct ig_search_dirs;       /* of glibc: see search_dirs.h */

struct ig_search {
    const struct ig_resolve_options *options;
    const struct ig_image *program;
    const char *loader_path;
    const struct ig_loader *loader;
    const struct ig_file *loader_file;  /* NULL where the loader cannot be read */
    size_t loader_object;               /* where it is an object already, else SIZE_MAX */
    const struct ig_ldcache *cache;     /* without entries where there is none */
    struct ig_strmap names;             /* what an object is known by, to its index */
    struct ig_strmap noted;             /* paths of out->dirs */
    struct ig_search_dirs *dirs;
    char *musl_path;                    /* musl's system path once it was read */
    bool preloading;                    /* the need is a preload */
    size_t tries_kept, names_kept;
    uint64_t cost;                      /* of all looks so far */
    int last_errno;                     /* of the last place that was looked at in vain */
    struct ig_resolution *out;
    struct ig_need *need;               /* the one being looked for */
};

/* What came of trying one place. */
enum ig_found {
    IG_FOUND,      /* need->object is set */
    IG_NOT_HERE,   /* look further; last_errno says why */
    IG_GIVE_UP,    /* the loader gives up; need->fault says why, or need->unread */
};

/* Try the file PATH, in the working directory where it is relative. */
enum ig_found ig_search_try(struct ig_search *s, const char *path, enum ig_rule rule,
                            size_t rule_of);

/* Remember that PATH was looked at in vain, for NUMBER (errno). */
void ig_search_missed(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of,
                      int number);

/* Does NUMBER, which the gate got for the absolute PATH, say that the program's loader would find
 * nothing there either? After any other error (EIO, EMFILE, a directory closed to the gate but not
 * to the program's user) that is not known, and looking further might find what will not be
 * loaded. */
bool ig_search_is_absent(const struct ig_search *s, const char *path, int number);

/* The search ends at PATH, where the gate cannot look for NUMBER (errno). */
enum ig_found ig_search_unread(struct ig_search *s, const char *path, enum ig_rule rule,
                               size_t rule_of, int number);

/* The same for another reason than an error: WHY. */
void ig_search_passed_over(struct ig_search *s, const char *path, enum ig_rule rule,
                           size_t rule_of, const char *why);

/* Has a limit been reached? Then out->limit says so. Which one is first depends on how many
 * glibc-hwcaps folders the CPU adds, so all of them are one sentence. */
bool ig_search_exhausted(struct ig_search *s);
void ig_search_too_much(struct ig_search *s);

/* May the program's user read PATH, a file of the loader's own? Where not, out->refused says so. */
bool ig_search_may_read(struct ig_search *s, const char *path);

/* Read it, at most 64 KiB. 0, or the errno that the program's loader gets; where that is not known,
 * because it is the gate that cannot read it, out->limit says so. */
int ig_search_read(struct ig_search *s, const char *path, struct ig_buf *out);

/* The gate could not read something that decides: let out->limit say what (E), unless it says
 * something already. */
void ig_search_unknown(struct ig_search *s, const struct ig_error *e);

/* Note a directory that stands in a search path, once. */
void ig_search_dir_note(struct ig_search *s, const char *path, enum ig_rule rule, size_t rule_of);

/* A relative PATH below the working directory, malloc'd; NULL where that is not known. An absolute
 * one as it is. */
char *ig_search_absolute(const struct ig_search *s, const char *path);

/* Let the need be satisfied by OBJECT. */
void ig_search_satisfied(struct ig_search *s, size_t object);

/* Add the loader itself as an object, once. */
size_t ig_search_add_loader(struct ig_search *s, size_t needed_by);

/* TEXT as a text of the resolution. */
const char *ig_search_text(struct ig_search *s, const char *text);

/* The directory part of PATH, malloc'd ("/" for "/x"). */
char *ig_dirname(const char *path);

/* Look for s->need->name, needed by object BY; fills s->need. */
void ig_search_glibc(struct ig_search *s, size_t by);
void ig_search_musl(struct ig_search *s, size_t by);

#endif
