/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a program behind execve's point of no return: there is no one left to give an
 * errno to, so the kernel kills the process (SIGSEGV), or the first access does (SIGBUS, SIGSEGV).
 * Source: fs/binfmt_elf.c load_elf_binary(), elf_load(), total_mapping_size() and mm/mmap.c
 * do_mmap() of Linux 6.18. Only what is certain on every node of a machine is claimed.
 */
#include <elf.h>
#include <stdio.h>

#include "core/mem.h"
#include "elf/image_priv.h"

/* The smallest page of any machine here. Kernels with larger ones demand more of alignment. */
static const uint64_t page_size = 4096;

/* vm.mmap_min_addr as distributions set it (Debian, RHEL, Ubuntu, COS; some kernels' own default is
 * 4096). Mapping below it takes CAP_SYS_RAWIO, which containers lack. */
static const uint64_t lowest_address = 65536;

/* Where user addresses end. For a machine whose kernels differ, the largest. */
static uint64_t address_limit(const struct ig_image *image)
{
    if (image->e_class == ELFCLASS32) {
        return image->e_machine == EM_386 ? 0xffffe000 : 0x100000000;
    }
    return image->e_machine == EM_X86_64 ? 0x7ffffffff000 : 1ULL << 57;
}

static char *segment_fault(const struct ig_image *image, size_t i)
{
    const struct ig_segment *s = &image->segments[i];
    uint64_t limit = address_limit(image);
    uint64_t end;
    if (s->filesz > s->memsz) {
        return ig_format("PT_LOAD %zu has more bytes in the file (%llu) than in memory (%llu)", i,
                         (unsigned long long)s->filesz, (unsigned long long)s->memsz);
    }
    if (s->filesz > 0 && (s->offset - s->vaddr) % page_size != 0) {
        return ig_format("PT_LOAD %zu cannot be mapped: its file offset 0x%llx and address 0x%llx "
                         "lie at different places in a page",
                         i, (unsigned long long)s->offset, (unsigned long long)s->vaddr);
    }
    if (s->vaddr >= limit || s->memsz > limit || limit - s->memsz < s->vaddr) {
        return ig_format("PT_LOAD %zu (0x%llx bytes at address 0x%llx) lies outside the address "
                         "space of a process",
                         i, (unsigned long long)s->memsz, (unsigned long long)s->vaddr);
    }
    if (image->e_type == ET_EXEC && s->memsz > 0 &&
        s->vaddr - s->vaddr % page_size < lowest_address) {
        return ig_format("PT_LOAD %zu has the address 0x%llx, below 0x%llx (vm.mmap_min_addr)", i,
                         (unsigned long long)s->vaddr, (unsigned long long)lowest_address);
    }
    if (s->filesz > 0 &&
        (__builtin_add_overflow(s->offset, s->filesz, &end) || end > image->size)) {
        return ig_format("PT_LOAD %zu needs %llu bytes from byte %llu on, but the file has only "
                         "%llu bytes (truncated)",
                         i, (unsigned long long)s->filesz, (unsigned long long)s->offset,
                         (unsigned long long)image->size);
    }
    return NULL;
}

/* The kernel reserves room for all PT_LOADs from the first one's address upwards, then lays the
 * others over it where their addresses say: lower ones below that room. */
static char *spread_fault(const struct ig_image *image, const struct ig_segment *first,
                          uint64_t low, uint64_t high)
{
    uint64_t limit = address_limit(image);
    uint64_t need = high - low, below = first->vaddr - first->vaddr % page_size - low, room;
    if (image->interp_state != IG_INTERP_NONE && image->e_class == ELFCLASS64) {
        room = limit / 3;  /* above ELF_ET_DYN_BASE */
    } else {
        room = limit - (128ULL << 20);  /* below the stack and its smallest gap (MIN_GAP) */
        need += below;
    }
    if (need > room) {
        return ig_format("its PT_LOAD segments spread over 0x%llx bytes of address space",
                         (unsigned long long)need);
    }
    return NULL;
}

/* From the page where the PT_LOADs begin to the byte behind their end. */
static void extent(const struct ig_image *image, uint64_t *low, uint64_t *high)
{
    *low = UINT64_MAX;
    *high = 0;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type == PT_LOAD) {
            uint64_t start = s->vaddr - s->vaddr % page_size;
            *low = start < *low ? start : *low;
            *high = s->vaddr + s->memsz > *high ? s->vaddr + s->memsz : *high;
        }
    }
}

/* A program without fixed addresses is placed as a whole, where its first segment says. */
static char *placement_fault(const struct ig_image *image, size_t first)
{
    uint64_t low, high;
    extent(image, &low, &high);
    for (size_t i = first; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type == PT_LOAD && (s->align & (s->align - 1)) == 0 &&
            s->align > address_limit(image)) {
            return ig_format("PT_LOAD %zu asks for an alignment of 0x%llx", i,
                             (unsigned long long)s->align);
        }
    }
    if (high == low) {
        return ig_strdup("its PT_LOAD segments are empty");
    }
    /* Without PT_INTERP the kernel lets mmap choose the place, but maps nothing of a segment that
     * has no bytes in the file: it ends up at address 0. */
    if (image->segments[first].filesz == 0 && image->interp_state == IG_INTERP_NONE) {
        return ig_format("PT_LOAD %zu, the first, has no bytes in the file", first);
    }
    return spread_fault(image, &image->segments[first], low, high);
}

/* Where READ_IMPLIES_EXEC cannot help and e_entry is code, not a descriptor of it. */
static bool entry_must_be_executable(const struct ig_image *image)
{
    return image->e_class == ELFCLASS64 &&
           (image->e_machine == EM_X86_64 || image->e_machine == EM_AARCH64);
}

/* Whole pages are mapped. */
static bool page_holds(const struct ig_segment *s, uint64_t address)
{
    uint64_t start = s->vaddr - s->vaddr % page_size;
    uint64_t end = (s->vaddr + s->memsz + page_size - 1) / page_size * page_size;
    return s->memsz > 0 && address >= start && address < end;
}

static char *entry_fault(const struct ig_image *image)
{
    bool mapped = false;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type != PT_LOAD || !page_holds(s, image->entry)) {
            continue;
        }
        if (!entry_must_be_executable(image) || (s->flags & PF_X) != 0) {
            return NULL;
        }
        mapped = true;
    }
    if (mapped && image->entry == 0) {
        /* Said of every library that is read: not formatted each time. */
        return ig_strdup("its entry point 0x0 lies in no executable segment (a shared library?)");
    }
    return ig_format("its entry point 0x%llx lies in no %s segment",
                     (unsigned long long)image->entry, mapped ? "executable" : "loaded");
}

char *ig_image_mapping_fault(const struct ig_image *image)
{
    size_t first = image->segment_count;
    for (size_t i = 0; i < image->segment_count; i++) {
        if (image->segments[i].type != PT_LOAD) {
            continue;
        }
        first = i < first ? i : first;
        char *fault = segment_fault(image, i);
        if (fault != NULL) {
            return fault;
        }
    }
    if (first == image->segment_count) {
        return ig_strdup("it has no PT_LOAD segment: nothing of it would be in memory");
    }
    if (image->e_type == ET_DYN) {
        char *fault = placement_fault(image, first);
        if (fault != NULL) {
            return fault;
        }
    }
    return entry_fault(image);
}

char *ig_image_library_fault(const struct ig_image *image)
{
    bool any = false;
    for (size_t i = 0; i < image->segment_count; i++) {
        char *fault = image->segments[i].type == PT_LOAD ? segment_fault(image, i) : NULL;
        if (fault != NULL) {
            return fault;
        }
        any |= image->segments[i].type == PT_LOAD;
    }
    return any ? NULL : ig_strdup("object file has no loadable segments");
}

/* A private mapping counts where it may be written to (mm/vma.c accountable_mapping()), and so does
 * whatever vm_brk_flags() maps. A loader maps what lies behind the file's bytes itself. */
static uint64_t segment_memory(const struct ig_segment *s, bool library)
{
    bool writable = (s->flags & PF_W) != 0;
    uint64_t zeros = writable || !library ? s->memsz - s->filesz : 0;
    uint64_t bytes = writable ? s->filesz : 0;
    return zeros > bytes ? zeros : bytes;
}

uint64_t ig_image_memory(const struct ig_image *image, bool library)
{
    const struct ig_segment *first = NULL;
    uint64_t low, high, most = 0;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type != PT_LOAD) {
            continue;
        }
        uint64_t bytes = segment_memory(s, library);
        most = bytes > most ? bytes : most;
        first = first != NULL ? first : s;
    }
    /* What is placed as a whole is first mapped as a whole, with the first segment's rights. */
    if (first != NULL && image->e_type == ET_DYN && (first->flags & PF_W) != 0) {
        extent(image, &low, &high);
        most = high - low > most ? high - low : most;
    }
    return most;
}
