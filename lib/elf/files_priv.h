/* SPDX-License-Identifier: Apache-2.0 */
/* What ig_files holds; for files.c and files_loader.c alone. */
#ifndef IG_ELF_FILES_PRIV_H
#define IG_ELF_FILES_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "elf/files.h"
#include "elf/linkages.h"
#include "elf/strmap.h"

enum { IG_BUCKETS = 1024 };

struct ig_node {
    struct ig_node *next;
    struct ig_meta meta;  /* without its ACL: what tells a file that was changed from what it was */
    struct ig_file file;
    struct ig_linkage_slot linkage;  /* of file */
};

/* What one thread at a time puts its files into. */
struct ig_memory {
    struct ig_memory *next;
    struct ig_arena arena;
};

struct ig_loader_node {
    struct ig_loader_node *next;
    char *path;
    uint16_t e_machine;
    uint8_t e_class;
    struct ig_known_loader known;
};

/* What is in it stays as it is until all is freed; only the lists grow. Nothing that may block is
 * done under the lock: where two threads read the same file at once, the first one's is kept. */
struct ig_files {
    pthread_mutex_t lock;
    struct ig_memory *idle;  /* of what no thread puts anything into right now */
    struct ig_node *buckets[IG_BUCKETS];
    struct ig_dirs *dirs;
    struct ig_strmap located_index;
    struct ig_located **located;
    size_t located_count;
    struct ig_loader_node *loaders;
    struct ig_known_cache *cache;
    uint64_t mnt_id;            /* the mount that was looked at last; 0: none */
    unsigned long mount_flags;  /* of it */
    size_t kept;  /* bytes of all dynamic sections and walks */
    atomic_size_t linkages_kept;
};

/* Free the loaders and the cache. */
void ig_files_forget_loaders(struct ig_files *files);

#endif
