/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lib/elf share and nobody else sees. */
#ifndef IG_ELF_IMAGE_PRIV_H
#define IG_ELF_IMAGE_PRIV_H

#include <libelf.h>

#include "elf/image.h"

/* BINPRM_BUF_SIZE (include/uapi/linux/binfmts.h): all that the kernel reads of a file before it
 * decides what it is. What a shorter file lacks is zero there. */
enum { IG_IMAGE_HEAD = 256 };

/* From IMAGE's class and byte order into this machine's, in place. */
bool ig_image_translate(const struct ig_image *image, Elf_Type type, void *data, size_t size);

/* FROM->read(), but nothing where OFFSET lies past the kernel's loff_t. */
ssize_t ig_bytes_read_at(const struct ig_bytes *from, void *buf, size_t size, uint64_t offset);

/* Record that execve refuses IMAGE with NUMBER; the first reason stays. */
void ig_image_refuse(struct ig_image *image, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Split the "#!" line at the start of HEAD as fs/binfmt_script.c load_script() does. */
void ig_image_parse_script(struct ig_image *image, const char head[IG_IMAGE_HEAD]);

/* What goes wrong behind execve's point of no return, as a malloc'd sentence, or NULL: see
 * broken_text. IMAGE has its segments. */
char *ig_image_mapping_fault(const struct ig_image *image);

/* What keeps a loader from mapping IMAGE as a library, likewise. It needs no entry point, and nobody
 * looks at its PT_INTERP. */
char *ig_image_library_fault(const struct ig_image *image);

#endif
