/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/image.h"

#include <elf.h>
#include <elfutils/version.h>
#include <errno.h>
#include <libelf.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "elf/image_priv.h"

/* load_elf_phdrs() refuses more; that also rules out PN_XNUM. */
enum { PHDRS_MAX = 65536, INTERP_MAX = 4096 /* the kernel's PATH_MAX */ };

static ssize_t read_fd(const struct ig_bytes *from, void *buf, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(from->fd, (char *)buf + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static ssize_t read_memory(const struct ig_bytes *from, void *buf, size_t size, uint64_t offset)
{
    if (offset >= from->size) {
        return 0;
    }
    uint64_t rest = from->size - offset;
    size_t n = size < rest ? size : (size_t)rest;
    memcpy(buf, from->data + offset, n);
    return (ssize_t)n;
}

struct ig_bytes ig_bytes_of_fd(int fd, uint64_t size)
{
    return (struct ig_bytes){.read = read_fd, .size = size, .fd = fd};
}

struct ig_bytes ig_bytes_of_memory(const void *data, size_t size)
{
    return (struct ig_bytes){.read = read_memory, .size = size, .fd = -1, .data = data};
}

void ig_image_refuse(struct ig_image *image, int number, const char *format, ...)
{
    if (image->refusal != 0) {
        return;
    }
    va_list args;
    va_start(args, format);
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    image->refusal = number;
    image->refusal_text = ig_strdup(text);
}

void ig_image_free(struct ig_image *image)
{
    free(image->script_interp);
    free(image->script_arg);
    free(image->segments);
    free(image->interp);
    free(image->refusal_text);
    free(image->broken_text);
    *image = (struct ig_image){0};
}

/* Into this machine's byte order; the sizes of an ELF structure are the same in both. */
bool ig_image_translate(const struct ig_image *image, Elf_Type type, void *data, size_t size)
{
    Elf_Data elf = {.d_buf = data, .d_type = type, .d_version = EV_CURRENT, .d_size = size};
    if (image->e_class == ELFCLASS64) {
        return elf64_xlatetom(&elf, &elf, image->e_data) != NULL;
    }
    return elf32_xlatetom(&elf, &elf, image->e_data) != NULL;
}

/* What the rest of the header says about the program headers. */
struct layout {
    uint64_t phoff;
    uint16_t phentsize, phnum;
};

#define TAKE_HEADER(image, layout, header) \
    do { \
        (image)->e_type = (header).e_type; \
        (image)->e_machine = (header).e_machine; \
        (image)->entry = (header).e_entry; \
        (layout)->phoff = (header).e_phoff; \
        (layout)->phentsize = (header).e_phentsize; \
        (layout)->phnum = (header).e_phnum; \
    } while (0)

static bool parse_header(struct ig_image *image, const uint8_t *head, struct layout *layout)
{
    image->e_class = head[EI_CLASS];
    image->e_data = head[EI_DATA];
    if (image->e_class != ELFCLASS32 && image->e_class != ELFCLASS64) {
        ig_image_refuse(image, ENOEXEC, "its ELF class is %u, neither 32-bit nor 64-bit",
                        (unsigned)image->e_class);
        return false;
    }
    if (image->e_data != ELFDATA2LSB && image->e_data != ELFDATA2MSB) {
        ig_image_refuse(image, ENOEXEC,
                        "its ELF byte order is %u, neither little-endian nor big-endian",
                        (unsigned)image->e_data);
        return false;
    }
    bool translated;
    if (image->e_class == ELFCLASS64) {
        Elf64_Ehdr header;
        memcpy(&header, head, sizeof header);
        translated = ig_image_translate(image, ELF_T_EHDR, &header, sizeof header);
        TAKE_HEADER(image, layout, header);
    } else {
        Elf32_Ehdr header;
        memcpy(&header, head, sizeof header);
        translated = ig_image_translate(image, ELF_T_EHDR, &header, sizeof header);
        TAKE_HEADER(image, layout, header);
    }
    if (!translated) {
        ig_image_refuse(image, ENOEXEC, "its ELF header cannot be read");
    } else if (image->e_type != ET_EXEC && image->e_type != ET_DYN) {
        ig_image_refuse(image, ENOEXEC, "its ELF type is %u%s, not an executable",
                        (unsigned)image->e_type,
                        image->e_type == ET_REL    ? " (object file)"
                        : image->e_type == ET_CORE ? " (core dump)"
                                                   : "");
    }
    return translated;
}

/* pread(2) has no offsets past the kernel's loff_t; what would be there is not in the file. */
ssize_t ig_bytes_read_at(const struct ig_bytes *from, void *buf, size_t size, uint64_t offset)
{
    if (offset > (uint64_t)INT64_MAX - size) {
        return 0;
    }
    return from->read(from, buf, size, offset);
}

static struct ig_segment segment_of_64(const Elf64_Phdr *h)
{
    return (struct ig_segment){
        .type = h->p_type, .flags = h->p_flags, .offset = h->p_offset, .vaddr = h->p_vaddr,
        .filesz = h->p_filesz, .memsz = h->p_memsz, .align = h->p_align,
    };
}

static struct ig_segment segment_of_32(const Elf32_Phdr *h)
{
    return (struct ig_segment){
        .type = h->p_type, .flags = h->p_flags, .offset = h->p_offset, .vaddr = h->p_vaddr,
        .filesz = h->p_filesz, .memsz = h->p_memsz, .align = h->p_align,
    };
}

static void take_segments(struct ig_image *image, const void *table, size_t count)
{
    image->segments = ig_alloc_array(count, sizeof *image->segments);
    image->segment_count = count;
    for (size_t i = 0; i < count; i++) {
        if (image->e_class == ELFCLASS64) {
            image->segments[i] = segment_of_64((const Elf64_Phdr *)table + i);
        } else {
            image->segments[i] = segment_of_32((const Elf32_Phdr *)table + i);
        }
    }
}

/* load_elf_phdrs(): every fault is ENOEXEC. */
static int parse_segments(struct ig_image *image, const struct ig_bytes *from,
                          const struct layout *layout, struct ig_error *e)
{
    size_t entry = image->e_class == ELFCLASS64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    size_t size = entry * layout->phnum;
    if (layout->phentsize != entry) {
        ig_image_refuse(image, ENOEXEC, "its program headers have %u bytes each instead of %zu",
                        (unsigned)layout->phentsize, entry);
        return 0;
    }
    if (size == 0 || size > PHDRS_MAX) {
        ig_image_refuse(image, ENOEXEC, "it has %u program headers; the kernel takes 1 to %zu",
                        (unsigned)layout->phnum, PHDRS_MAX / entry);
        return 0;
    }
    /* Real files have some ten. */
    _Alignas(Elf64_Phdr) char few[32 * sizeof(Elf64_Phdr)];
    IG_AUTO_FREE void *many = size > sizeof few ? ig_alloc(size) : NULL;
    void *table = many != NULL ? many : few;
    ssize_t n = ig_bytes_read_at(from, table, size, layout->phoff);
    if (n < 0) {
        return ig_error_set(e, errno, "cannot read the program headers");
    }
    if ((size_t)n != size || !ig_image_translate(image, ELF_T_PHDR, table, size)) {
        ig_image_refuse(image, ENOEXEC,
                        "its program headers (%zu bytes from byte %llu on) lie past the end of the "
                        "file, which has %llu bytes",
                        size, (unsigned long long)layout->phoff, (unsigned long long)image->size);
        return 0;
    }
    take_segments(image, table, layout->phnum);
    return 0;
}

static int read_interp(struct ig_image *image, const struct ig_bytes *from,
                       const struct ig_segment *s, struct ig_error *e)
{
    image->interp_size = s->filesz;
    if (s->filesz < 2 || s->filesz > INTERP_MAX) {
        image->interp_state = IG_INTERP_SIZE;
        ig_image_refuse(image, ENOEXEC,
                        "PT_INTERP has %llu bytes; the kernel takes 2 to %d, the final NUL counted",
                        (unsigned long long)s->filesz, INTERP_MAX);
        return 0;
    }
    size_t size = (size_t)s->filesz;
    IG_AUTO_FREE char *text = ig_alloc(size);
    ssize_t n = ig_bytes_read_at(from, text, size, s->offset);
    if (n < 0) {
        return ig_error_set(e, errno, "cannot read PT_INTERP");
    }
    if ((size_t)n != size) {
        image->interp_state = IG_INTERP_OUTSIDE;
        /* rw_verify_area() refuses what its signed offset cannot hold, before the file is asked. */
        ig_image_refuse(image, s->offset > (uint64_t)INT64_MAX - size ? EINVAL : EIO,
                        "PT_INTERP (%zu bytes from byte %llu on) lies past the end of the file, "
                        "which has %llu bytes",
                        size, (unsigned long long)s->offset, (unsigned long long)image->size);
        return 0;
    }
    if (text[size - 1] != '\0') {
        image->interp_state = IG_INTERP_UNTERMINATED;
        ig_image_refuse(image, ENOEXEC, "PT_INTERP does not end with a NUL byte");
        return 0;
    }
    image->interp_state = IG_INTERP_OK;
    image->interp = IG_STEAL(text);
    return 0;
}

/* The kernel looks at the first PT_INTERP only. */
static int parse_interp(struct ig_image *image, const struct ig_bytes *from, struct ig_error *e)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        if (image->segments[i].type == PT_INTERP) {
            return read_interp(image, from, &image->segments[i], e);
        }
    }
    return 0;
}

static int parse_elf(struct ig_image *image, const struct ig_bytes *from, const uint8_t *head,
                     struct ig_error *e)
{
    struct layout layout;
    if (!parse_header(image, head, &layout)) {
        return 0;
    }
    if (parse_segments(image, from, &layout, e) != 0 || parse_interp(image, from, e) != 0) {
        return -1;
    }
    if (image->segments != NULL) {
        image->broken_text = ig_image_mapping_fault(image);
    }
    return 0;
}

static int parse_any(struct ig_image *image, const struct ig_bytes *from, struct ig_error *e)
{
    uint8_t head[IG_IMAGE_HEAD] = {0};
    ssize_t n = from->read(from, head, sizeof head, 0);
    if (n < 0) {
        return ig_error_set(e, errno, "cannot read the file's first bytes");
    }
    if (n == 0) {
        image->kind = IG_IMAGE_EMPTY;
        ig_image_refuse(image, ENOEXEC, "the file is empty");
    } else if (head[0] == '#' && head[1] == '!') {
        image->kind = IG_IMAGE_SCRIPT;
        ig_image_parse_script(image, (const char *)head);
    } else if (memcmp(head, ELFMAG, SELFMAG) == 0) {
        image->kind = IG_IMAGE_ELF;
        return parse_elf(image, from, head, e);
    } else {
        image->kind = IG_IMAGE_OTHER;
        ig_image_refuse(image, ENOEXEC, "it is neither an ELF program nor a script with a #! line");
    }
    return 0;
}

int ig_image_parse(const struct ig_bytes *from, struct ig_image *out, struct ig_error *e)
{
    *out = (struct ig_image){.size = from->size};
    int result = parse_any(out, from, e);
    if (result != 0) {
        ig_image_free(out);
    }
    return result;
}

static bool is_known_form(const struct ig_image *image)
{
    return (image->e_class == ELFCLASS32 || image->e_class == ELFCLASS64) &&
           (image->e_data == ELFDATA2LSB || image->e_data == ELFDATA2MSB);
}

static bool same_machine(const struct ig_image *a, const struct ig_image *b)
{
    return a->e_class == b->e_class && a->e_data == b->e_data && a->e_machine == b->e_machine;
}

static void say_other_machine(const struct ig_image *loader, const struct ig_image *program,
                              char *text, size_t size)
{
    char a[32], b[32];
    snprintf(text, size, "the loader is for %s (%s), the program for %s (%s)%s",
             ig_machine_describe(loader->e_machine, a, sizeof a),
             loader->e_class == ELFCLASS64 ? "64-bit" : "32-bit",
             ig_machine_describe(program->e_machine, b, sizeof b),
             program->e_class == ELFCLASS64 ? "64-bit" : "32-bit",
             loader->e_data != program->e_data ? ", of the other byte order" : "");
}

int ig_image_loader_fault(const struct ig_image *loader, const struct ig_image *program,
                          char *text, size_t size)
{
    size_t header = program->e_class == ELFCLASS64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    const char *fault;
    int number = ELIBBAD;
    if (loader->size < header) {
        snprintf(text, size, "the loader has %llu bytes, too few for an ELF header",
                 (unsigned long long)loader->size);
        return EIO;
    }
    if (loader->kind != IG_IMAGE_ELF) {
        snprintf(text, size, "the loader is not an ELF file");
        return ELIBBAD;
    }
    if (is_known_form(loader) && !same_machine(loader, program)) {
        say_other_machine(loader, program, text, size);
        return ELIBBAD;
    }
    if (loader->segments == NULL) {
        fault = loader->refusal_text;
    } else {
        /* Looked at behind the point of no return. */
        number = IG_LOADER_CRASHES;
        fault = loader->e_type != ET_EXEC && loader->e_type != ET_DYN ? loader->refusal_text
                                                                      : loader->broken_text;
    }
    if (fault == NULL) {
        return 0;
    }
    snprintf(text, size, "the loader cannot be used: %s", fault);
    return number;
}

#define STRING_OF(x) #x
#define VALUE_OF(x) STRING_OF(x)

const char *ig_elf_version(void)
{
    return "libelf 0." VALUE_OF(_ELFUTILS_VERSION);
}

bool ig_image_cut_short(const struct ig_image *image)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        uint64_t end;
        if (s->type == PT_LOAD && s->filesz > 0 &&
            (__builtin_add_overflow(s->offset, s->filesz, &end) || end > image->size)) {
            return true;
        }
    }
    return false;
}
