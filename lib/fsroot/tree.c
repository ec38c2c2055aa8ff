/* SPDX-License-Identifier: Apache-2.0 */
/* Listing a tree: a stack of jobs that all threads take from. */
#include "fsroot/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/parallel.h"
#include "fsroot/fsroot.h"
#include "fsroot/tree_priv.h"

#define PROC_MAGIC 0x9fa0UL
#define SYSFS_MAGIC 0x62656572UL

/* A folder of more names than this is shared among the threads. */
enum { CHUNK = 1024, HELD_LEAST = 4, HELD_MOST = 128 };

struct listing {
    struct ig_tree *tree;
    struct ig_tree_names names[IG_THREADS_MAX];
};

void ig_tree_moved(const struct ig_tree *tree, unsigned long long by)
{
    if (tree->state->options.progress != NULL) {
        atomic_fetch_add_explicit(tree->state->options.progress, by, memory_order_relaxed);
    }
}

/* The newest job is taken first, so that what is open is what is needed. */
void ig_tree_push(struct ig_tree *tree, struct ig_tree_job job)
{
    struct ig_tree_state *s = tree->state;
    pthread_mutex_lock(&s->lock);
    if (s->job_count == s->job_room) {
        s->job_room = s->job_room * 2 + 64;
        s->jobs = ig_realloc_array(s->jobs, s->job_room, sizeof *s->jobs);
    }
    s->jobs[s->job_count++] = job;
    pthread_cond_signal(&s->change);
    pthread_mutex_unlock(&s->lock);
}

static void add_dir(struct ig_tree_state *s, struct ig_tree_dir *dir)
{
    pthread_mutex_lock(&s->lock);
    s->dirs = ig_array_room(s->dirs, s->dir_count, sizeof(void *));
    s->dirs[s->dir_count++] = dir;
    pthread_mutex_unlock(&s->lock);
}

static void fail_dir(struct ig_tree *tree, const struct ig_tree_dir *dir, uint8_t step, int number)
{
    if (dir->entry != NULL) {
        ig_tree_fail(tree, dir->entry, step, number);
    } else {
        tree->state->root_error = number;
    }
}

static void look_at(struct ig_tree *tree, unsigned thread, const struct ig_tree_job *job, int fd)
{
    ig_tree_look(tree, &tree->state->arenas[thread], job->dir, fd, job->from, job->to);
    for (size_t i = job->to; i-- > job->from;) {
        const struct ig_tree_entry *entry = &job->dir->children[i];
        if (S_ISDIR(entry->mode) && entry->of.dir != NULL) {
            ig_tree_push(tree, (struct ig_tree_job){.dir = entry->of.dir});
        }
    }
}

static void list(struct ig_tree *tree, unsigned thread, struct ig_tree_dir *dir, int fd,
                 struct ig_tree_names *names)
{
    struct ig_tree_state *s = tree->state;
    int number = ig_tree_read_names(fd, &s->arenas[thread], names);
    if (number != 0) {
        fail_dir(tree, dir, IG_TREE_LIST, number);
    }
    ig_tree_drop_ignored(s, dir, names);
    dir->children = ig_arena_alloc(&s->arenas[thread], names->count * sizeof *dir->children);
    for (size_t i = 0; i < names->count; i++) {
        dir->children[i].name = names->list[i].name;
        dir->children[i].in = dir;
    }
    dir->count = names->count;
    add_dir(s, dir);
    size_t shared = dir->count > CHUNK && s->options.threads > 1 ? dir->count : 0;
    for (size_t from = CHUNK; from < shared; from += CHUNK) {
        size_t to = from + CHUNK < shared ? from + CHUNK : shared;
        ig_tree_push(tree, (struct ig_tree_job){dir, from, to});
    }
    look_at(tree, thread, &(struct ig_tree_job){dir, 0, shared != 0 ? CHUNK : dir->count}, fd);
}

static void do_job(struct listing *l, unsigned thread, const struct ig_tree_job *job)
{
    struct ig_tree *tree = l->tree;
    uint8_t step = IG_TREE_OPEN;
    int number = 0;
    int fd = ig_tree_pin(tree->state, job->dir, &step, &number);
    if (fd < 0) {
        for (size_t i = job->from; i < job->to; i++) {
            ig_tree_fail(tree, &job->dir->children[i], step, number);
        }
        fail_dir(tree, job->dir, step, number);
        return;
    }
    if (job->to == 0) {
        list(tree, thread, job->dir, fd, &l->names[thread]);
    } else {
        look_at(tree, thread, job, fd);
    }
    ig_tree_unpin(tree->state, job->dir);
}

static void work(void *context, unsigned thread)
{
    struct listing *l = context;
    struct ig_tree_state *s = l->tree->state;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->job_count == 0 && s->active > 0) {
            pthread_cond_wait(&s->change, &s->lock);
        }
        if (s->job_count == 0) {
            break;
        }
        struct ig_tree_job job = s->jobs[--s->job_count];
        s->active++;
        pthread_mutex_unlock(&s->lock);
        do_job(l, thread, &job);
        pthread_mutex_lock(&s->lock);
        if (--s->active == 0 && s->job_count == 0) {
            pthread_cond_broadcast(&s->change);
        }
    }
    pthread_mutex_unlock(&s->lock);
}

static int open_root(struct ig_tree *tree, int dirfd, struct ig_error *e)
{
    struct ig_tree_state *s = tree->state;
    struct ig_statx st;
    unsigned long flags;
    unsigned long magic;
    s->root.fd = ig_tree_openat(s, dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->root.fd < 0) {
        return ig_error_set(e, errno, "it cannot be listed");
    }
    int number = ig_statx(s->root.fd, "", &st);
    if (number != 0) {
        return ig_error_set(e, number, "it cannot be looked at");
    }
    if (ig_fd_statfs(s->root.fd, &flags, &magic, e) != 0 ||
        ig_meta_of_fd(s->root.fd, &tree->root, e) != 0) {
        return -1;
    }
    if (magic == PROC_MAGIC || magic == SYSFS_MAGIC) {
        return ig_error_set(e, ENOTSUP, "it lies on a file system of the kernel's own");
    }
    s->mounts_known = (st.mask & IG_STATX_MNT_ID) != 0;
    s->mnt_id = st.mnt_id;
    s->dev = ig_tree_dev(&st);
    return 0;
}

/* A part of what there is: others in this process open files, too. */
static unsigned held_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 8 > HELD_MOST) {
        return HELD_MOST;
    }
    return limit.rlim_cur / 8 > HELD_LEAST ? (unsigned)(limit.rlim_cur / 8) : HELD_LEAST;
}

static struct ig_tree *new_tree(const struct ig_tree_options *options)
{
    struct ig_tree *tree = ig_alloc(sizeof *tree);
    struct ig_tree_state *s = ig_alloc(sizeof *s);
    tree->state = s;
    s->options = *options;
    if (s->options.threads < 1 || s->options.threads > IG_THREADS_MAX) {
        s->options.threads = s->options.threads < 1 ? 1 : IG_THREADS_MAX;
    }
    s->root.fd = -1;
    s->held_max = held_limit();
    s->arenas = ig_alloc_array(s->options.threads, sizeof *s->arenas);
    pthread_mutex_init(&s->fds_lock, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->change, NULL);
    return tree;
}

int ig_tree_list(int dirfd, const struct ig_tree_options *options, struct ig_tree **out,
                 struct ig_error *e)
{
    IG_AUTO_FREE struct listing *l = ig_alloc(sizeof *l);
    struct ig_tree *tree = new_tree(options);
    struct ig_tree_state *s = tree->state;
    l->tree = tree;
    int status = open_root(tree, dirfd, e);
    if (status == 0) {
        ig_tree_push(tree, (struct ig_tree_job){.dir = &s->root});
        ig_parallel(s->options.threads, work, l);
        ig_tree_release(s);
        if (s->root_error != 0) {
            status = ig_error_set(e, s->root_error, "it cannot be listed");
        }
    }
    for (unsigned i = 0; i < s->options.threads; i++) {
        ig_tree_free_names(&l->names[i]);
    }
    if (status != 0) {
        ig_tree_free(tree);
        return -1;
    }
    ig_tree_order(tree);
    *out = tree;
    return 0;
}

void ig_tree_free(struct ig_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    struct ig_tree_state *s = tree->state;
    ig_tree_release(s);
    ig_cleanup_close(&s->root.fd);
    for (unsigned i = 0; i < s->options.threads; i++) {
        ig_arena_free(&s->arenas[i]);
    }
    pthread_cond_destroy(&s->change);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->fds_lock);
    free(s->arenas);
    free(s->dirs);
    free(s->jobs);
    free(s);
    ig_meta_free(&tree->root);
    free(tree->entries);
    free(tree);
}

struct ig_meta ig_tree_meta(const struct ig_tree_entry *entry)
{
    struct ig_meta meta = {
        .mode = entry->mode,
        .uid = entry->uid,
        .gid = entry->gid,
        .size = entry->size,
        .ino = entry->ino,
        .dev = entry->dev,
        .mtime = {entry->mtime / 1000000000, entry->mtime % 1000000000},
        .ctime = {entry->ctime / 1000000000, entry->ctime % 1000000000},
    };
    if (entry->extra != NULL) {
        meta.acl = entry->extra->acl;
        meta.acl_count = entry->extra->acl_count;
        meta.acl_error = entry->extra->acl_error;
    }
    return meta;
}

static const char *const problems[] = {
    [IG_TREE_LOOK] = "cannot be looked at",
    [IG_TREE_LINK] = "cannot be read as a symbolic link",
    [IG_TREE_OPEN] = "cannot be opened",
    [IG_TREE_LIST] = "cannot be listed",
    [IG_TREE_DEEP] = "lies too many folders deep",
    [IG_TREE_READ] = "cannot be read",
    [IG_TREE_ATTRIBUTE] = "does not tell its file capability",
    [IG_TREE_REPLACED] = "was replaced while the tree was read",
    [IG_TREE_CHANGED] = "changed while the tree was read",
};

char *ig_tree_problem(const struct ig_tree_entry *entry)
{
    char words[160];
    if (entry->step == IG_TREE_FINE) {
        return NULL;
    }
    if (entry->error == ENOENT &&
        (entry->step == IG_TREE_LOOK || entry->step == IG_TREE_OPEN)) {
        return ig_strdup("vanished while the tree was read");
    }
    if (entry->step == IG_TREE_DEEP) {
        return ig_format("%s (more than %d)", problems[entry->step], IG_TREE_DEPTH_MAX);
    }
    if (entry->error == 0) {
        return ig_strdup(problems[entry->step]);
    }
    return ig_format("%s: %s", problems[entry->step],
                     ig_errno_text(entry->error, words, sizeof words));
}
