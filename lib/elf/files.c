/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/files.h"

#include <elf.h>
#include <errno.h>
#include <unistd.h>

#include "core/mem.h"

enum { BUCKETS = 1024 };

struct node {
    struct node *next;
    struct ig_file file;
};

struct ig_files {
    struct node *buckets[BUCKETS];
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
    free(files);
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
    if (image->kind != IG_IMAGE_ELF) {
        bad(file, IG_FIT_BAD, image->size < sizeof(Elf32_Ehdr) ? "file too short"
                                                               : "invalid ELF header");
    } else if (image->e_type != ET_DYN && image->e_type != ET_EXEC) {
        bad(file, IG_FIT_BAD, "only ET_DYN and ET_EXEC can be loaded");
    } else if (image->refusal != 0) {
        bad(file, IG_FIT_BAD, image->refusal_text);
    } else if (ig_image_cut_short(image)) {
        bad(file, IG_FIT_BAD, "a segment lies past its end: it is cut short");
    }
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
    struct ig_bytes bytes = ig_bytes_of_fd(fd, meta->size);
    if (ig_image_parse(&bytes, &file->image, &e) != 0) {
        bad(file, IG_FIT_UNREAD, e.text);
        return;
    }
    judge_image(file);
    if (file->fit == IG_FIT_YES &&
        ig_dynamic_parse(&bytes, &file->image, &file->dynamic, &e) != 0) {
        bad(file, IG_FIT_UNREAD, e.text);
    } else if (file->fit == IG_FIT_YES && file->dynamic.fault != NULL) {
        bad(file, IG_FIT_BAD, file->dynamic.fault);
    }
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
        node = ig_alloc(sizeof *node);
        node->file = (struct ig_file){.dev = meta->dev, .ino = meta->ino, .fit = IG_FIT_YES};
        read_file(&node->file, walk);
        node->next = *bucket;
        *bucket = node;
    }
    static const struct ig_file other = {.fit = IG_FIT_OTHER};
    const struct ig_image *image = &node->file.image;
    /* Class and machine are looked at before all that makes a file bad. */
    if (image->kind == IG_IMAGE_ELF && (image->e_class != program->e_class ||
                                        image->e_machine != program->e_machine)) {
        return &other;
    }
    return &node->file;
}
