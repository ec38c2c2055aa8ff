/* SPDX-License-Identifier: Apache-2.0 */
/* One file, as a loader would look at it. */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/files.h"
#include "elf/head.h"
#include "elf/image_priv.h"

void ig_file_bad(struct ig_file *file, enum ig_fit fit, const char *text)
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
        ig_file_bad(file, IG_FIT_BAD, "file too short");
    } else if (image->kind != IG_IMAGE_ELF) {
        ig_file_bad(file, IG_FIT_BAD, "invalid ELF header");
    } else if (image->e_type != ET_DYN && image->e_type != ET_EXEC) {
        ig_file_bad(file, IG_FIT_BAD, "only ET_DYN and ET_EXEC can be loaded");
    } else if (image->segments == NULL) {
        ig_file_bad(file, IG_FIT_BAD, image->refusal_text);
    } else {
        IG_AUTO_FREE char *fault = ig_image_library_fault(image);
        if (fault != NULL) {
            ig_file_bad(file, IG_FIT_BAD, fault);
        }
    }
}

static void read_dynamic(struct ig_file *file, const struct ig_bytes *bytes,
                         struct ig_arena *memory)
{
    struct ig_error e = {0};
    uint8_t ident[EI_NIDENT] = {0};
    if (ig_bytes_read_at(bytes, ident, sizeof ident, 0) < 0) {
        ig_file_bad(file, IG_FIT_UNREAD, strerror(errno));
        return;
    }
    file->osabi = ident[EI_OSABI];
    file->abi_version = ident[EI_ABIVERSION];
    if (ig_dynamic_parse(bytes, &file->image, memory, &file->dynamic, &e) != 0) {
        ig_file_bad(file, IG_FIT_UNREAD, e.text);
    } else if (!file->dynamic.present) {
        ig_file_bad(file, IG_FIT_BAD, "object file has no dynamic section");
    } else if (file->dynamic.fault != NULL) {
        ig_file_bad(file, IG_FIT_BAD, file->dynamic.fault);
    }
}

/* The content of the regular file FD. */
static void read_open_file(struct ig_file *file, int fd, uint64_t size, struct ig_arena *memory)
{
    struct ig_error e = {0};
    struct ig_head head;
    if (ig_head_open(&head, fd, size) != 0) {
        ig_file_bad(file, IG_FIT_UNREAD, strerror(errno));
        return;
    }
    if (ig_image_parse(&head.bytes, &file->image, &e) != 0) {
        ig_file_bad(file, IG_FIT_UNREAD, e.text);
        return;
    }
    judge_image(file);
    if (file->fit == IG_FIT_YES) {
        read_dynamic(file, &head.bytes, memory);
    }
}

void ig_file_read(struct ig_file *file, const struct ig_walk *walk, int fd,
                  struct ig_arena *memory)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    struct ig_error e = {0};
    if (!ig_meta_is(meta, S_IFREG)) {
        ig_file_bad(file, IG_FIT_BAD,
                    ig_meta_is(meta, S_IFDIR) ? "cannot read file data: Is a directory"
                                              : "it is no regular file");
        return;
    }
    if (meta->size == 0) {
        ig_file_bad(file, IG_FIT_BAD, "file too short");
        return;
    }
    IG_AUTO_CLOSE int opened = fd < 0 ? ig_walk_open(walk, &e) : -1;
    if (fd < 0 && opened < 0) {
        ig_file_bad(file, IG_FIT_UNREAD, e.text);
        return;
    }
    read_open_file(file, fd < 0 ? opened : fd, meta->size, memory);
}

const struct ig_file *ig_file_for(const struct ig_file *file, const struct ig_image *program)
{
    /* In the order of open_verify(). */
    static const struct ig_file other = {.fit = IG_FIT_OTHER};
    static char order[] = "ELF file data encoding of the other byte order";
    static const struct ig_file swapped = {.fit = IG_FIT_BAD, .text = order};
    const struct ig_image *image = &file->image;
    if (image->kind != IG_IMAGE_ELF) {
        return file;
    }
    if (image->e_class == program->e_class && image->e_data != program->e_data) {
        return &swapped;
    }
    return image->e_class == program->e_class && image->e_machine == program->e_machine ? file
                                                                                       : &other;
}
