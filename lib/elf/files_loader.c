/* SPDX-License-Identifier: Apache-2.0 */
/* The loaders and ld.so.cache of ig_files. */
#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/files_priv.h"

static void free_loader(struct ig_loader_node *node)
{
    ig_loader_free(&node->known.loader);
    free(node->path);
    free(node);
}

static void free_cache(struct ig_known_cache *cache)
{
    if (cache != NULL) {
        ig_ldcache_free(&cache->cache);
        free(cache);
    }
}

void ig_files_forget_loaders(struct ig_files *files)
{
    for (struct ig_loader_node *node; (node = files->loaders) != NULL;) {
        files->loaders = node->next;
        free_loader(node);
    }
    free_cache(files->cache);
    files->cache = NULL;
}

/* -1 where reading failed. */
static int read_loader(const struct ig_fsroot *root, const char *path,
                       const struct ig_image *program, struct ig_known_loader *out,
                       struct ig_error *e)
{
    struct ig_bytes bytes = ig_bytes_of_memory("", 0);
    enum ig_loader_kind kind = ig_loader_kind_of(path);
    if (out->located == NULL) {
        return ig_loader_parse(&bytes, NULL, program, kind, &out->loader, e);
    }
    const struct ig_file *file = ig_file_for(out->located->file, program);
    enum ig_loader_kind real = ig_loader_kind_of(out->located->walk.path);
    /* gcompat and its like put musl's loader behind glibc's name. */
    kind = real != IG_LOADER_UNKNOWN ? real : kind;
    struct ig_walk walk;
    struct ig_error unread = {0};
    ig_fsroot_walk(root, path, IG_WALK_BARE, &walk);
    IG_AUTO_CLOSE int fd = ig_walk_open(&walk, &unread);
    bool same = true;
    if (fd >= 0) {
        const struct ig_meta *meta = &ig_walk_final(&walk)->meta;
        bytes = ig_bytes_of_fd(fd, meta->size);
        same = ig_meta_same_content(meta, &ig_walk_final(&out->located->walk)->meta);
    }
    ig_walk_free(&walk);
    if (!same) {
        return ig_error_set(e, EAGAIN, "%s was replaced while it was looked at", path);
    }
    out->file = file->fit == IG_FIT_YES ? file : NULL;
    return ig_loader_parse(&bytes, &out->located->file->image, program, kind, &out->loader, e);
}

/* Under the lock. */
static struct ig_loader_node *find_loader(struct ig_files *files, const char *path,
                                       const struct ig_image *program)
{
    struct ig_loader_node *node = files->loaders;
    while (node != NULL && (strcmp(node->path, path) != 0 || node->e_class != program->e_class ||
                            node->e_machine != program->e_machine)) {
        node = node->next;
    }
    return node;
}

const struct ig_known_loader *ig_files_loader(struct ig_files *files, const struct ig_fsroot *root,
                                              const char *path, const struct ig_image *program,
                                              struct ig_error *e)
{
    int number = 0;
    pthread_mutex_lock(&files->lock);
    struct ig_loader_node *node = find_loader(files, path, program);
    pthread_mutex_unlock(&files->lock);
    if (node != NULL) {
        return &node->known;
    }
    struct ig_loader_node *new = ig_alloc(sizeof *new);
    *new = (struct ig_loader_node){.path = ig_strdup(path), .e_machine = program->e_machine,
                                .e_class = program->e_class};
    new->known.located = ig_files_locate(files, root, path, &number);
    if (number >= IG_EHIDDEN) {
        /* It decides where libraries are looked for. */
        ig_error_set(e, number, "%s", path);
        free_loader(new);
        return NULL;
    }
    if (read_loader(root, path, program, &new->known, e) != 0) {
        free_loader(new);
        return NULL;
    }
    pthread_mutex_lock(&files->lock);
    node = find_loader(files, path, program);
    if (node == NULL) {
        node = IG_STEAL(new);
        node->next = files->loaders;
        files->loaders = node;
    }
    pthread_mutex_unlock(&files->lock);
    if (new != NULL) {
        free_loader(new);
    }
    return &node->known;
}

bool ig_absence(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG;
}

static struct ig_known_cache *read_cache(struct ig_files *files, const struct ig_fsroot *root)
{
    static const char path[] = "/etc/ld.so.cache";
    IG_AUTO_BUF struct ig_buf text = {0};
    struct ig_known_cache *known = ig_alloc(sizeof *known);
    struct ig_error e = {0};
    int number = 0;
    known->located = ig_files_locate(files, root, path, &number);
    if (ig_fsroot_slurp(root, path, IG_LDCACHE_MAX, &text, &e) != 0) {
        /* What is no regular file is no cache to a loader either. */
        known->number = ig_absence(e.number) || e.number == EINVAL ? 0 : e.number;
    } else if (text.length > 0) {
        size_t length = text.length;
        ig_ldcache_parse(ig_buf_steal(&text), length, &known->cache, &e);
    }
    return known;
}

const struct ig_known_cache *ig_files_ldcache(struct ig_files *files, const struct ig_fsroot *root)
{
    pthread_mutex_lock(&files->lock);
    struct ig_known_cache *known = files->cache;
    pthread_mutex_unlock(&files->lock);
    if (known != NULL) {
        return known;
    }
    struct ig_known_cache *new = read_cache(files, root);
    pthread_mutex_lock(&files->lock);
    if (files->cache == NULL) {
        files->cache = IG_STEAL(new);
    }
    known = files->cache;
    pthread_mutex_unlock(&files->lock);
    free_cache(new);
    return known;
}
