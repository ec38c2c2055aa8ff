/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/files_priv.h"

enum {
    /* Real programs need some hundred KiB; thousands of made-up libraries must not add up. */
    KEPT_MAX = 16 << 20,
    /* Whoever asks for the next program had better begin afresh, so that what others needed does
     * not count against it. */
    KEPT_ENOUGH = 6 << 20,
};

struct ig_files *ig_files_new(void)
{
    struct ig_files *files = ig_alloc(sizeof *files);
    pthread_mutex_init(&files->lock, NULL);
    files->dirs = ig_dirs_new(0);
    return files;
}

static void free_node(struct ig_node *node)
{
    free(node->file.text);
    ig_image_free(&node->file.image);
    ig_linkage_slot_clear(&node->linkage);
}

static void free_located(struct ig_located *located)
{
    ig_walk_free(&located->walk);
    free(located->mount_fault);
}

static struct ig_memory *take_memory(struct ig_files *files)
{
    pthread_mutex_lock(&files->lock);
    struct ig_memory *memory = files->idle;
    files->idle = memory != NULL ? memory->next : NULL;
    pthread_mutex_unlock(&files->lock);
    return memory != NULL ? memory : ig_alloc(sizeof *memory);
}

static void give_memory(struct ig_files *files, struct ig_memory *memory)
{
    pthread_mutex_lock(&files->lock);
    memory->next = files->idle;
    files->idle = memory;
    pthread_mutex_unlock(&files->lock);
}

void ig_files_free(struct ig_files *files)
{
    if (files == NULL) {
        return;
    }
    for (size_t i = 0; i < IG_BUCKETS; i++) {
        for (struct ig_node *node; (node = files->buckets[i]) != NULL;) {
            files->buckets[i] = node->next;
            free_node(node);
        }
    }
    ig_files_forget_loaders(files);
    for (size_t i = 0; i < files->located_count; i++) {
        free_located(files->located[i]);
    }
    free(files->located);
    ig_strmap_free(&files->located_index);
    ig_dirs_free(files->dirs);
    for (struct ig_memory *memory; (memory = files->idle) != NULL;) {
        files->idle = memory->next;
        ig_arena_free(&memory->arena);
        free(memory);
    }
    pthread_mutex_destroy(&files->lock);
    free(files);
}

struct ig_dirs *ig_files_dirs(struct ig_files *files)
{
    return files->dirs;
}

bool ig_files_full(struct ig_files *files)
{
    pthread_mutex_lock(&files->lock);
    bool full = files->kept >= KEPT_ENOUGH;
    pthread_mutex_unlock(&files->lock);
    return full || ig_dirs_full(files->dirs);
}

void ig_walk_close(struct ig_walk *walk)
{
    ig_cleanup_close(&walk->fd);
    ig_cleanup_close(&walk->parent_fd);
    walk->fd = -1;
    walk->parent_fd = -1;
}

static struct ig_node *find_node(struct ig_files *files, const struct ig_meta *meta)
{
    struct ig_node *node = files->buckets[(meta->ino ^ meta->dev) % IG_BUCKETS];
    while (node != NULL && !ig_meta_same_content(&node->meta, meta)) {
        node = node->next;
    }
    return node;
}

static struct ig_node *new_node(struct ig_files *files, const struct ig_meta *meta,
                                struct ig_arena *memory)
{
    struct ig_node *node = ig_arena_alloc(memory, sizeof *node);
    node->file.fit = IG_FIT_YES;
    node->file.linkage = &node->linkage;
    node->linkage.kept = &files->linkages_kept;
    node->meta = *meta;
    node->meta.acl = NULL;
    node->meta.acl_count = 0;
    return node;
}

/* Under the lock: NODE, or what there is room for of it. START is how MEMORY was before. */
static struct ig_node *add_node(struct ig_files *files, struct ig_node *node,
                                struct ig_arena *memory, const struct ig_arena *start)
{
    size_t kept = memory->used - start->used +
                  node->file.image.segment_count * sizeof *node->file.image.segments;
    if (files->kept + kept > KEPT_MAX) {
        struct ig_meta meta = node->meta;
        free_node(node);
        ig_arena_rewind(memory, start);
        node = new_node(files, &meta, memory);
        ig_file_bad(&node->file, IG_FIT_UNREAD,
                    "the dynamic sections of all libraries together are more than initgate keeps");
    } else {
        files->kept += kept;
    }
    struct ig_node **bucket = &files->buckets[(node->meta.ino ^ node->meta.dev) % IG_BUCKETS];
    node->next = *bucket;
    *bucket = node;
    return node;
}

static const struct ig_file *get_file(struct ig_files *files, const struct ig_walk *walk, int fd,
                                      struct ig_arena *memory)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    pthread_mutex_lock(&files->lock);
    struct ig_node *node = find_node(files, meta);
    pthread_mutex_unlock(&files->lock);
    if (node != NULL) {
        return &node->file;
    }
    struct ig_arena start = *memory;
    struct ig_node *new = new_node(files, meta, memory);
    ig_file_read(&new->file, walk, fd, memory);
    pthread_mutex_lock(&files->lock);
    node = find_node(files, meta);
    if (node == NULL) {
        node = add_node(files, new, memory, &start);
    } else {
        free_node(new);
        ig_arena_rewind(memory, &start);
    }
    pthread_mutex_unlock(&files->lock);
    return &node->file;
}

const struct ig_file *ig_files_get(struct ig_files *files, const struct ig_walk *walk, int fd)
{
    struct ig_memory *memory = take_memory(files);
    const struct ig_file *file = get_file(files, walk, fd, &memory->arena);
    give_memory(files, memory);
    return file;
}

/* Under the lock. What another thread found meanwhile stays. */
static struct ig_located *keep_located(struct ig_files *files, struct ig_located *new)
{
    size_t index = ig_strmap_get(&files->located_index, new->path);
    if (index != SIZE_MAX) {
        free_located(new);
        return files->located[index];
    }
    size_t count = files->located_count;
    files->located = ig_array_room(files->located, count, sizeof *files->located);
    new->index = count;
    ig_strmap_add(&files->located_index, new->path, count);
    files->located[files->located_count++] = new;
    return new;
}

/* Made-up links pass thousands of directories each. */
static bool has_room_for(struct ig_files *files, size_t bytes, size_t most)
{
    pthread_mutex_lock(&files->lock);
    bool room = files->kept + bytes <= most;
    files->kept += room ? bytes : 0;
    pthread_mutex_unlock(&files->lock);
    return room;
}

static struct ig_located *find_located(struct ig_files *files, const char *path)
{
    pthread_mutex_lock(&files->lock);
    size_t index = ig_strmap_get(&files->located_index, path);
    struct ig_located *located = index != SIZE_MAX ? files->located[index] : NULL;
    pthread_mutex_unlock(&files->lock);
    return located;
}

/* Of one mount all that statfs(2) says of flags is the same. */
static void look_at_mount(struct ig_files *files, struct ig_located *located,
                          const struct ig_walk *walk)
{
    uint64_t id = ig_walk_final(walk)->meta.mnt_id;
    unsigned long magic = 0;
    struct ig_error e = {0};
    pthread_mutex_lock(&files->lock);
    bool known = id != 0 && id == files->mnt_id;
    located->mount_flags = files->mount_flags;
    pthread_mutex_unlock(&files->lock);
    if (known) {
        return;
    }
    if (ig_fd_statfs(walk->fd, &located->mount_flags, &magic, &e) != 0) {
        located->mount_fault = ig_strdup(e.text);
        return;
    }
    pthread_mutex_lock(&files->lock);
    files->mnt_id = id;
    files->mount_flags = located->mount_flags;
    pthread_mutex_unlock(&files->lock);
}

/* What it makes of a walk that another thread was faster with stays in MEMORY, unused. */
static struct ig_located *look_for(struct ig_files *files, const struct ig_fsroot *root,
                                   const char *path, size_t most, uint64_t *cost,
                                   struct ig_arena *memory, int *number)
{
    struct ig_walk walk;
    struct ig_arena start = *memory;
    *number = 0;
    if (ig_dirs_walk(files->dirs, root, path, 0, cost, memory, &walk) != 0) {
        *number = walk.error;
    } else if (!has_room_for(files, memory->used - start.used + walk.memory.used, most)) {
        *number = ENOMEM;
    }
    if (*number != 0) {
        ig_walk_free(&walk);
        ig_arena_rewind(memory, &start);
        return NULL;
    }
    struct ig_located *located = ig_arena_alloc(memory, sizeof *located);
    located->path = ig_arena_text(memory, path, strlen(path));
    located->file = get_file(files, &walk, walk.shared != NULL ? walk.fd : -1, memory);
    look_at_mount(files, located, &walk);
    ig_walk_close(&walk);
    located->walk = walk;
    pthread_mutex_lock(&files->lock);
    located = keep_located(files, located);
    pthread_mutex_unlock(&files->lock);
    return located;
}

static const struct ig_located *find_or_look_for(struct ig_files *files,
                                                 const struct ig_fsroot *root, const char *path,
                                                 size_t most, uint64_t *cost, int *number)
{
    struct ig_located *located = find_located(files, path);
    if (located != NULL) {
        ++*cost;
        return located;
    }
    struct ig_memory *memory = take_memory(files);
    located = look_for(files, root, path, most, cost, &memory->arena, number);
    give_memory(files, memory);
    return located;
}

const struct ig_located *ig_files_look_for(struct ig_files *files, const struct ig_fsroot *root,
                                           const char *path, uint64_t *cost, int *number)
{
    return find_or_look_for(files, root, path, KEPT_MAX, cost, number);
}

const struct ig_located *ig_files_locate(struct ig_files *files, const struct ig_fsroot *root,
                                         const char *path, int *number)
{
    /* A program has one loader and one cache, which are judged however much its libraries took. */
    uint64_t cost = 0;
    return find_or_look_for(files, root, path, SIZE_MAX, &cost, number);
}

int ig_files_walk(struct ig_files *files, const struct ig_fsroot *root, const char *path,
                  struct ig_walk *out)
{
    uint64_t cost = 0;
    return ig_dirs_walk(files->dirs, root, path, 0, &cost, NULL, out);
}

const struct ig_located *ig_files_located(struct ig_files *files, size_t index)
{
    return files->located[index];
}

bool *ig_files_changed(struct ig_files *files, const struct ig_fsroot *root)
{
    bool *changed = ig_alloc_array(files->located_count, sizeof *changed);
    struct ig_dirs *dirs = ig_dirs_new(IG_WALK_BARE);  /* the way to them may have changed too */
    bool any = false;
    for (size_t i = 0; i < files->located_count; i++) {
        const struct ig_located *before = files->located[i];
        changed[i] = !ig_dirs_unchanged(dirs, root, before->path, &before->walk);
        any |= changed[i];
    }
    ig_dirs_free(dirs);
    if (!any) {
        free(changed);
    }
    return any ? changed : NULL;
}
