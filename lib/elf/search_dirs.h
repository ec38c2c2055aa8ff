/* SPDX-License-Identifier: Apache-2.0 */
/* The directories that glibc searches, as fillin_rpath() and open_path() of its elf/dl-load.c keep
 * them: a directory that turned out to be absent is never tried again by the same process. For
 * lib/elf alone. */
#ifndef IG_ELF_SEARCH_DIRS_H
#define IG_ELF_SEARCH_DIRS_H

#include "elf/search.h"

/* A search path, taken apart: indices of directories, each once. */
struct ig_search_list {
    size_t *dirs;
    size_t count;
    bool known;
};

struct ig_search_dirs *ig_search_dirs_new(const struct ig_search *s);
void ig_search_dirs_free(struct ig_search_dirs *dirs);

/* The names of glibc-hwcaps directories that the CPU can use, best first, NULL at the end. */
const char *const *ig_search_hwcaps(const struct ig_search *s);
/* What the loader puts for $PLATFORM; NULL where it has nothing. */
const char *ig_search_platform(const struct ig_search *s);
/* The hwcap bits of ld.so.cache that this loader honours (glibc before 2.37). */
uint64_t ig_search_cache_features(const struct ig_search *s);

/* The lists of this search: of OBJECT's RPATH or RUNPATH, LD_LIBRARY_PATH, the system's. Empty and
 * not `known` until they are filled by ig_search_list_add(). */
struct ig_search_list *ig_search_list_of_object(struct ig_search *s, size_t object);
struct ig_search_list *ig_search_list_of_env(struct ig_search *s);
struct ig_search_list *ig_search_list_of_system(struct ig_search *s);

/* Append directory DIR (expanded already; "" is the working directory). */
void ig_search_list_add(struct ig_search *s, struct ig_search_list *list, const char *dir);

/* Try the need's name in each directory of LIST. IG_NOT_HERE also where an error ends the list. */
enum ig_found ig_search_list_try(struct ig_search *s, const struct ig_search_list *list,
                                 enum ig_rule rule, size_t rule_of);

#endif
