/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which libraries a program would get: the search of glibc's ld.so
 * (elf/dl-load.c _dl_map_object(), elf/dl-deps.c) and of musl's
 * (ldso/dynlink.c load_library()), in the target root, without running
 * anything. It predicts; who may replace what it finds is the checks' matter.
 */
#ifndef IG_ELF_RESOLVE_H
#define IG_ELF_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "elf/dynamic.h"
#include "elf/image.h"
#include "elf/ldcache.h"
#include "elf/loader.h"
#include "fsroot/fsroot.h"

/* By which rule a library was found, or a place tried. */
enum ig_rule {
    IG_RULE_PROGRAM,          /* the program itself */
    IG_RULE_LOADER,           /* PT_INTERP, which is in the process already */
    IG_RULE_PRELOAD,          /* LD_PRELOAD or /etc/ld.so.preload */
    IG_RULE_PATH,             /* the name has a slash */
    IG_RULE_RPATH,
    IG_RULE_LD_LIBRARY_PATH,
    IG_RULE_RUNPATH,
    IG_RULE_CACHE,            /* ld.so.cache */
    IG_RULE_DEFAULT,          /* the loader's own directories; musl: its path file too */
    IG_RULE_COUNT,
};
/* "RUNPATH", "ld.so.cache", ... */
const char *ig_rule_name(enum ig_rule rule);

/* How a file suits the program. */
enum ig_fit {
    IG_FIT_YES,
    IG_FIT_OTHER,  /* another class or machine: glibc looks further */
    IG_FIT_BAD,    /* the loader gives up with `text` */
    IG_FIT_UNREAD, /* the gate could not read it: `text` says why */
};

/* A library's file, parsed once however many programs need it. */
struct ig_file {
    enum ig_fit fit;
    char *text;  /* of BAD and UNREAD: a sentence; owned */
    uint8_t osabi, abi_version;  /* EI_OSABI, EI_ABIVERSION */
    struct ig_image image;
    struct ig_dynamic dynamic;
    struct ig_linkage_slot *linkage;  /* see linkages.h; borrowed */
};

/* All files seen so far below one root, and its loaders and ld.so.cache. For any number of
 * threads. */
struct ig_files;
struct ig_files *ig_files_new(void);
void ig_files_free(struct ig_files *files);
/* So many that new ones had better be begun for the next program. */
bool ig_files_full(struct ig_files *files);

/* A path that led to a file. */
struct ig_located {
    char *path;                 /* as it was looked up: absolute in the root */
    size_t index;               /* counts those of one ig_files, from 0 */
    struct ig_walk walk;        /* how it was found; its descriptors are closed */
    const struct ig_file *file; /* whatever its class and machine */
    unsigned long mount_flags;  /* f_flags of statfs(2) */
    char *mount_fault;          /* why they are not known; NULL where they are */
};
/* What the absolute PATH leads to, walked and parsed once; NULL and the errno in NUMBER.
 * Borrowed. */
const struct ig_located *ig_files_locate(struct ig_files *files, const struct ig_fsroot *root,
                                         const char *path, int *number);
/* As ig_fsroot_walk() of the absolute PATH, but the directories that lead there are walked once. A
 * walk that fails has no hops. */
int ig_files_walk(struct ig_files *files, const struct ig_fsroot *root, const char *path,
                  struct ig_walk *out);
/* The one of that index. Borrowed. */
const struct ig_located *ig_files_located(struct ig_files *files, size_t index);
/* Look again where every path that was located leads (no thread uses FILES any more): is it another
 * file, or was that changed? A flag for each index, malloc'd; NULL where nothing changed. */
bool *ig_files_changed(struct ig_files *files, const struct ig_fsroot *root);

/* One object of the process that would come into being. */
struct ig_object {
    const char *name;       /* as it was asked for first */
    const char *path;       /* under which the loader opened it; the program's: symlink-free */
    enum ig_rule rule;
    size_t rule_of;         /* of RPATH and RUNPATH: whose, an index into objects */
    size_t needed_by;       /* an index into objects; its own for the program */
    const struct ig_file *file;  /* borrowed from the files */
    const struct ig_located *at; /* likewise; NULL of the program */
    bool noexec;            /* it lies on a noexec mount: the loader cannot map it */
};

struct ig_try {
    char *path;
    enum ig_rule rule;
    size_t rule_of;
    bool found;
    char *why;  /* why it was passed over: "ENOENT", "other machine"; NULL where found */
};

/* One DT_NEEDED entry (or preload). */
struct ig_need {
    size_t by;              /* index into objects */
    const char *name;
    bool found;
    size_t object;          /* where found */
    bool optional;          /* a DT_AUXILIARY entry */
    bool ignored;           /* a preload that cannot be loaded is passed over by the loader, and so is
                               what is optional */
    char *fault;            /* where the loader gives up although a file is there: its reason */
    bool unread;            /* the gate could not look: neither found nor missing; `fault` says
                               why */
    int unread_errno;       /* likewise, where it is an errno; else 0 */
    struct ig_try *tries;   /* in order; kept where it was not found, or with `trace`. Directories
                               that the loader knows by then to be absent are not tried again */
    size_t try_count;
};

/* A directory of a search path that stood before the place where something was found (or not):
 * whoever may put a file there replaces a library. */
struct ig_search_dir {
    const char *path;
    enum ig_rule rule;
    size_t rule_of;
    bool relative;          /* not absolute: it depends on the working directory */
    bool exists;
    struct ig_walk walk;    /* where it exists; descriptors closed */
};

struct ig_resolution {
    const struct ig_fsroot *root;  /* of the options; borrowed */
    struct ig_files *files;        /* likewise */
    struct ig_arena texts;         /* names and paths that no file of FILES has; owned */
    enum ig_loader_kind kind;
    bool secure;                   /* as it was asked for */
    struct ig_object *objects;     /* in load order, the program first */
    size_t count;
    struct ig_need *needs;         /* in the order in which the loader comes to them */
    size_t need_count;
    struct ig_search_dir *dirs;    /* RPATH, RUNPATH and LD_LIBRARY_PATH directories, each once */
    size_t dir_count;
    /* What the search itself rests on; NULL where there is none. */
    const struct ig_located *loader, *cache;
    char *limit;                   /* the gate reached a limit, or could not read what decides: a
                                      sentence; else NULL */
    int limit_errno;               /* where it was an errno; else 0 */
    char *refused;                 /* which of the loader's own files (ld.so.cache, ...) the program's
                                      user may not read: sentences; else NULL */
};

/* What glibc asks of an x86-64 CPU before it looks for libraries. */
struct ig_x86 {
    unsigned level;  /* x86-64 psABI, 1 to 4: of glibc-hwcaps/x86-64-vN; 1: baseline */
    bool intel;      /* glibc calls an Intel CPU of level 3 "haswell" */
};
/* This machine's; level 1 on others. */
struct ig_x86 ig_x86_this(void);

struct ig_resolve_options {
    const struct ig_fsroot *root;
    struct ig_files *files;
    const char *ld_library_path;   /* or NULL */
    const char *ld_preload;        /* or NULL */
    const char *cwd;               /* where the program is started, an absolute path; NULL where
                                      that is not known: relative directories are not searched then, and
                                      of a relative name it is `unread` whether it is found */
    bool secure;                   /* AT_SECURE: the loader distrusts both, and $ORIGIN */
    struct ig_x86 x86;
    bool trace;
    /* May the program's user do MAY (4 read) at the end of the walk? Of a walk that failed: is
     * there no hop that refuses that user? NULL: everything. */
    bool (*permits)(const void *context, const struct ig_walk *walk, unsigned may);
    /* Will the node's kernel refuse a mapping of so many BYTES of memory? NULL: none. */
    bool (*denies)(const void *context, uint64_t bytes);
    const void *context;
};

/* Resolve PROGRAM, found by WALK and parsed as IMAGE (of the descriptor FD), whose loader is
 * LOADER_PATH in the root (its PT_INTERP; for a lone library what its C library uses). -1 where the
 * gate could not read something that decides (errno in E). */
int ig_resolve(const struct ig_resolve_options *options, const struct ig_walk *walk, int fd,
               const struct ig_image *image, const char *loader_path, struct ig_resolution *out,
               struct ig_error *e);
void ig_resolution_free(struct ig_resolution *resolution);

#endif
