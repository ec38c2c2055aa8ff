/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/files.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/image_priv.h"
#include "elf/strmap.h"

enum {
    BUCKETS = 1024,
    /* Real programs need some hundred KiB; thousands of made-up libraries must not add up. */
    KEPT_MAX = 16 << 20,
    /* Each holds two descriptors, of 1024 that containers have; real programs search some ten. */
    DIRS_OPEN_MAX = 192,
    /* Mostly absent ones: before 2.37 a directory has eighteen variants for CPUs. */
    DIRS_MAX = 4096,
};

struct node {
    struct node *next;
    struct ig_file file;
};

struct loader_node {
    struct loader_node *next;
    char *path;
    uint16_t e_machine;
    uint8_t e_class;
    struct ig_known_loader known;
};

struct known_dir {
    struct ig_dir *dir;  /* NULL where there is none */
    int number;          /* errno of walking to it */
};

struct ig_files {
    struct node *buckets[BUCKETS];
    struct ig_strmap dir_index;
    struct known_dir *dirs;
    size_t dir_count, dirs_open;
    uint64_t cost;
    struct loader_node *loaders;
    struct ig_ldcache cache;
    bool cache_known;
    int cache_errno;  /* why it could not be read, else 0 */
    size_t kept;  /* bytes of all dynamic sections */
};

struct ig_files *ig_files_new(void)
{
    return ig_alloc(sizeof(struct ig_files));
}

void ig_files_free(struct ig_files *files)
{
    for (size_t i = 0; files != NULL && i < BUCKETS; i++) {
        while (files->buckets[i] != NULL) {
            struct node *node = files->buckets[i];
            files->buckets[i] = node->next;
            free(node->file.text);
            ig_image_free(&node->file.image);
            ig_dynamic_free(&node->file.dynamic);
            free(node);
        }
    }
    while (files != NULL && files->loaders != NULL) {
        struct loader_node *node = files->loaders;
        files->loaders = node->next;
        ig_loader_free(&node->known.loader);
        free(node->path);
        free(node);
    }
    if (files != NULL) {
        ig_ldcache_free(&files->cache);
        ig_strmap_free(&files->dir_index);
    }
    for (size_t i = 0; files != NULL && i < files->dir_count; i++) {
        ig_dir_close(files->dirs[i].dir);
    }
    free(files != NULL ? files->dirs : NULL);
    free(files);
}

/* NULL where no more directories are kept. */
static const struct known_dir *known_dir(struct ig_files *files, const struct ig_fsroot *root,
                                         const char *path)
{
    size_t index = ig_strmap_get(&files->dir_index, path);
    if (index != SIZE_MAX) {
        return &files->dirs[index];
    }
    /* About what a look in a known directory costs, for each name on the way. */
    files->cost += strlen(path) / 4;
    if (files->dir_count == DIRS_MAX || files->dirs_open == DIRS_OPEN_MAX) {
        return NULL;
    }
    if ((files->dir_count & (files->dir_count - 1)) == 0) {
        size_t size = files->dir_count != 0 ? files->dir_count * 2 : 1;
        files->dirs = ig_realloc_array(files->dirs, size, sizeof *files->dirs);
    }
    struct known_dir *known = &files->dirs[files->dir_count];
    known->number = ig_dir_open(root, path, &known->dir);
    files->dirs_open += known->dir != NULL;
    ig_strmap_add(&files->dir_index, path, files->dir_count++);
    return known;
}

int ig_files_walk(struct ig_files *files, const struct ig_fsroot *root, const char *path,
                  struct ig_walk *out)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash[1] == '\0' || strlen(path) >= PATH_MAX) {
        return ig_fsroot_walk(root, path, 0, out);
    }
    IG_AUTO_FREE char *parent = ig_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    IG_AUTO_FREE char *normal = ig_path_normal(parent);
    const struct known_dir *known = known_dir(files, root, normal);
    files->cost++;
    if (known == NULL) {
        return ig_fsroot_walk(root, path, 0, out);
    }
    int number = known->dir != NULL ? ig_dir_look(known->dir, slash + 1) : known->number;
    if (number == 0) {
        return ig_dir_walk(known->dir, slash + 1, out);
    }
    *out = (struct ig_walk){.fd = -1, .parent_fd = -1, .error = number, .path = ig_strdup(path)};
    return -1;
}

int ig_files_is_dir(struct ig_files *files, const struct ig_fsroot *root, const char *path)
{
    IG_AUTO_FREE char *normal = ig_path_normal(path);
    const struct known_dir *known = known_dir(files, root, normal);
    if (known != NULL) {
        return known->number;
    }
    struct ig_dir *dir;
    int number = ig_dir_open(root, normal, &dir);
    ig_dir_close(dir);
    return number;
}

uint64_t ig_files_cost(const struct ig_files *files)
{
    return files->cost;
}

void ig_walk_close(struct ig_walk *walk)
{
    ig_cleanup_close(&walk->fd);
    ig_cleanup_close(&walk->parent_fd);
    walk->fd = -1;
    walk->parent_fd = -1;
}

static void bad(struct ig_file *file, enum ig_fit fit, const char *text)
{
    file->fit = fit;
    free(file->text);
    file->text = ig_strdup(text);
}

/* What open_verify() and _dl_map_object_from_fd() of glibc's elf/dl-load.c object to, whatever the
 * program. musl objects to the same with ENOEXEC. */
static void judge_image(struct ig_file *file)
{
    const struct ig_image *image = &file->image;
    size_t header = image->e_class == ELFCLASS32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);
    if (image->size < header) {
        bad(file, IG_FIT_BAD, "file too short");
    } else if (image->kind != IG_IMAGE_ELF) {
        bad(file, IG_FIT_BAD, "invalid ELF header");
    } else if (image->e_type != ET_DYN && image->e_type != ET_EXEC) {
        bad(file, IG_FIT_BAD, "only ET_DYN and ET_EXEC can be loaded");
    } else if (image->segments == NULL) {
        bad(file, IG_FIT_BAD, image->refusal_text);
    } else {
        IG_AUTO_FREE char *fault = ig_image_library_fault(image);
        if (fault != NULL) {
            bad(file, IG_FIT_BAD, fault);
        }
    }
}

static void read_dynamic(struct ig_file *file, const struct ig_bytes *bytes)
{
    struct ig_error e = {0};
    uint8_t ident[EI_NIDENT] = {0};
    if (ig_bytes_read_at(bytes, ident, sizeof ident, 0) < 0) {
        bad(file, IG_FIT_UNREAD, strerror(errno));
        return;
    }
    file->osabi = ident[EI_OSABI];
    file->abi_version = ident[EI_ABIVERSION];
    if (ig_dynamic_parse(bytes, &file->image, &file->dynamic, &e) != 0) {
        bad(file, IG_FIT_UNREAD, e.text);
    } else if (!file->dynamic.present) {
        bad(file, IG_FIT_BAD, "object file has no dynamic section");
    } else if (file->dynamic.fault != NULL) {
        bad(file, IG_FIT_BAD, file->dynamic.fault);
    }
}

/* A file whose first page is in memory: headers are read from it piece by piece. */
struct head {
    struct ig_bytes bytes;  /* first, so that its address is this one's */
    struct ig_bytes plain;
    size_t length;
    uint8_t page[4096];
};

static ssize_t read_behind_head(const struct ig_bytes *from, void *buf, size_t size,
                                uint64_t offset)
{
    const struct head *head = (const struct head *)(const void *)from;
    if (offset > head->length || size > head->length - offset) {
        return head->plain.read(&head->plain, buf, size, offset);
    }
    memcpy(buf, head->page + offset, size);
    return (ssize_t)size;
}

static int open_head(struct head *head, int fd, uint64_t size)
{
    head->plain = ig_bytes_of_fd(fd, size);
    head->bytes = head->plain;
    head->bytes.read = read_behind_head;
    ssize_t n = ig_bytes_read_at(&head->plain, head->page, sizeof head->page, 0);
    head->length = n > 0 ? (size_t)n : 0;
    return n < 0 ? -1 : 0;
}

static void read_file(struct ig_file *file, const struct ig_walk *walk)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    struct ig_error e = {0};
    if (!ig_meta_is(meta, S_IFREG)) {
        bad(file, IG_FIT_BAD, ig_meta_is(meta, S_IFDIR) ? "cannot read file data: Is a directory"
                                                        : "it is no regular file");
        return;
    }
    if (meta->size == 0) {
        bad(file, IG_FIT_BAD, "file too short");
        return;
    }
    IG_AUTO_CLOSE int fd = ig_walk_open(walk, &e);
    if (fd < 0) {
        bad(file, IG_FIT_UNREAD, e.text);
        return;
    }
    struct head head;
    if (open_head(&head, fd, meta->size) != 0) {
        bad(file, IG_FIT_UNREAD, strerror(errno));
        return;
    }
    if (ig_image_parse(&head.bytes, &file->image, &e) != 0) {
        bad(file, IG_FIT_UNREAD, e.text);
        return;
    }
    judge_image(file);
    if (file->fit == IG_FIT_YES) {
        read_dynamic(file, &head.bytes);
    }
}

static struct node *add_file(struct ig_files *files, const struct ig_walk *walk)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    struct node *node = ig_alloc(sizeof *node);
    node->file = (struct ig_file){.dev = meta->dev, .ino = meta->ino, .fit = IG_FIT_YES};
    read_file(&node->file, walk);
    size_t kept = node->file.dynamic.kept +
                  node->file.image.segment_count * sizeof *node->file.image.segments;
    if (files->kept + kept > KEPT_MAX) {
        ig_dynamic_free(&node->file.dynamic);
        ig_image_free(&node->file.image);
        bad(&node->file, IG_FIT_UNREAD,
            "the dynamic sections of all libraries together are more than initgate keeps");
    } else {
        files->kept += kept;
    }
    return node;
}

const struct ig_file *ig_files_get(struct ig_files *files, const struct ig_walk *walk,
                                   const struct ig_image *program)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    struct node **bucket = &files->buckets[(meta->ino ^ meta->dev) % BUCKETS];
    struct node *node = *bucket;
    while (node != NULL && (node->file.dev != meta->dev || node->file.ino != meta->ino)) {
        node = node->next;
    }
    if (node == NULL) {
        node = add_file(files, walk);
        node->next = *bucket;
        *bucket = node;
    }
    /* In the order of open_verify(). */
    static const struct ig_file other = {.fit = IG_FIT_OTHER};
    static char order[] = "ELF file data encoding of the other byte order";
    static const struct ig_file swapped = {.fit = IG_FIT_BAD, .text = order};
    const struct ig_image *image = &node->file.image;
    if (image->kind != IG_IMAGE_ELF) {
        return &node->file;
    }
    if (image->e_class == program->e_class && image->e_data != program->e_data) {
        return &swapped;
    }
    return image->e_class == program->e_class && image->e_machine == program->e_machine
               ? &node->file
               : &other;
}

static int read_loader(struct ig_files *files, const struct ig_walk *walk,
                       const struct ig_image *program, struct ig_known_loader *out,
                       struct ig_error *e)
{
    const struct ig_file *file = ig_files_get(files, walk, program);
    enum ig_loader_kind real = ig_loader_kind_of(walk->path);
    /* gcompat and its like put musl's loader behind glibc's name. */
    enum ig_loader_kind kind = real != IG_LOADER_UNKNOWN ? real : out->loader.kind;
    struct ig_error unread = {0};
    IG_AUTO_CLOSE int fd = ig_walk_open(walk, &unread);
    struct ig_bytes bytes = fd >= 0 ? ig_bytes_of_fd(fd, ig_walk_final(walk)->meta.size)
                                    : ig_bytes_of_memory("", 0);
    out->file = file->fit == IG_FIT_YES ? file : NULL;
    return ig_loader_parse(&bytes, program, kind, &out->loader, e);
}

const struct ig_known_loader *ig_files_loader(struct ig_files *files, const struct ig_fsroot *root,
                                              const char *path, const struct ig_image *program,
                                              struct ig_error *e)
{
    struct loader_node *node = files->loaders;
    while (node != NULL && (strcmp(node->path, path) != 0 || node->e_class != program->e_class ||
                            node->e_machine != program->e_machine)) {
        node = node->next;
    }
    if (node != NULL) {
        return &node->known;
    }
    struct ig_walk walk;
    struct ig_known_loader known = {.loader = {.kind = ig_loader_kind_of(path)}};
    struct ig_bytes nothing = ig_bytes_of_memory("", 0);
    int status = ig_fsroot_walk(root, path, 0, &walk) == 0
                     ? read_loader(files, &walk, program, &known, e)
                     : ig_loader_parse(&nothing, program, known.loader.kind, &known.loader, e);
    ig_walk_free(&walk);
    if (status != 0) {
        return NULL;
    }
    node = ig_alloc(sizeof *node);
    *node = (struct loader_node){.next = files->loaders, .path = ig_strdup(path),
                                 .e_machine = program->e_machine, .e_class = program->e_class,
                                 .known = known};
    files->loaders = node;
    return &node->known;
}

bool ig_absence(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG;
}

/* 0 or an errno; what is no regular file is no cache to a loader either. */
static int read_ldcache(struct ig_ldcache *cache, const struct ig_fsroot *root)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    struct ig_error e = {0};
    if (ig_fsroot_slurp(root, "/etc/ld.so.cache", IG_LDCACHE_MAX, &text, &e) != 0) {
        return ig_absence(e.number) || e.number == EINVAL ? 0 : e.number;
    }
    if (text.length > 0) {
        size_t length = text.length;
        ig_ldcache_parse(ig_buf_steal(&text), length, cache, &e);
    }
    return 0;
}

const struct ig_ldcache *ig_files_ldcache(struct ig_files *files, const struct ig_fsroot *root,
                                          struct ig_error *e)
{
    if (!files->cache_known) {
        files->cache_errno = read_ldcache(&files->cache, root);
        files->cache_known = true;
    }
    if (files->cache_errno != 0) {
        ig_error_set(e, files->cache_errno, "/etc/ld.so.cache");
        return NULL;
    }
    return &files->cache;
}
