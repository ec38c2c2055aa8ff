/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/view.h"

#include <elf.h>
#include <endian.h>
#include <string.h>

bool ig_view_open(struct ig_view *view, const struct ig_bytes *from, const struct ig_image *image)
{
    if (image->kind != IG_IMAGE_ELF || image->segments == NULL) {
        return false;
    }
    view->from = from;
    view->image = image;
    view->big = image->e_data == ELFDATA2MSB;
    view->word = image->e_class == ELFCLASS64 ? 8 : 4;
    return true;
}

uint64_t ig_view_uint(bool big, const uint8_t *p, unsigned size)
{
    uint64_t value = 0;
    uint32_t half;
    /* These two for speed: a large library has a hundred thousand of them. */
    if (size == sizeof value) {
        memcpy(&value, p, sizeof value);
        return big ? be64toh(value) : le64toh(value);
    }
    if (size == sizeof half) {
        memcpy(&half, p, sizeof half);
        return big ? be32toh(half) : le32toh(half);
    }
    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | p[big ? i : size - 1 - i];
    }
    return value;
}

bool ig_view_offset(const struct ig_view *view, uint64_t addr, uint64_t *offset, uint64_t *left)
{
    for (size_t i = 0; i < view->image->segment_count; i++) {
        const struct ig_segment *s = &view->image->segments[i];
        if (s->type != PT_LOAD || addr < s->vaddr || addr - s->vaddr >= s->filesz) {
            continue;
        }
        uint64_t into = addr - s->vaddr;
        if (s->offset > view->from->size || into >= view->from->size - s->offset) {
            return false;
        }
        uint64_t rest = s->filesz - into;
        uint64_t in_file = view->from->size - s->offset - into;
        *offset = s->offset + into;
        *left = rest < in_file ? rest : in_file;
        return true;
    }
    return false;
}

ssize_t ig_view_read(const struct ig_view *view, uint64_t addr, void *buf, size_t size)
{
    uint64_t offset;
    uint64_t left;
    if (size == 0 || !ig_view_offset(view, addr, &offset, &left)) {
        return 0;
    }
    return view->from->read(view->from, buf, size < left ? size : (size_t)left, offset);
}
