/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each rule; test/cli/oracle_execve.py and oracle_loader.py ask the kernel. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "elf_build.h"

static struct ig_image parse(const void *data, size_t size)
{
    struct ig_bytes bytes = ig_bytes_of_memory(data, size);
    struct ig_image image;
    struct ig_error e;
    ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), 0);
    ck_assert_uint_eq(image.size, size);
    ck_assert_int_eq(image.refusal != 0, image.refusal_text != NULL);
    return image;
}

static struct ig_image parse_spec(const struct elf_spec *spec)
{
    static uint8_t bytes[ELF_SIZE];
    elf_write(spec, bytes);
    return parse(bytes, sizeof bytes);
}

static struct elf_spec amd64(void)
{
    return elf_healthy(ELFCLASS64, ELFDATA2LSB, EM_X86_64);
}

static const struct {
    const char *bytes;
    size_t size;
    enum ig_image_kind kind;
    int refusal;
} kinds[] = {
    {"", 0, IG_IMAGE_EMPTY, ENOEXEC},
    {"#", 1, IG_IMAGE_OTHER, ENOEXEC},
    {"#!", 2, IG_IMAGE_SCRIPT, 0},  /* the zeroes that follow are an empty name: ENOENT, later */
    {"#!/bin/sh", 9, IG_IMAGE_SCRIPT, 0},
    {"\x7f" "EL", 3, IG_IMAGE_OTHER, ENOEXEC},
    {"\x7f" "ELF", 4, IG_IMAGE_ELF, ENOEXEC},
    {"MZ\x90", 3, IG_IMAGE_OTHER, ENOEXEC},
    {"echo hello\n", 11, IG_IMAGE_OTHER, ENOEXEC},
    {"\n#!/bin/sh\n", 11, IG_IMAGE_OTHER, ENOEXEC},
};

START_TEST(first_bytes_tell_the_kind)
{
    struct ig_image image = parse(kinds[_i].bytes, kinds[_i].size);
    ck_assert_int_eq(image.kind, kinds[_i].kind);
    ck_assert_int_eq(image.refusal, kinds[_i].refusal);
    ck_assert_ptr_null(image.segments);
    ck_assert_ptr_null(image.broken_text);
    ig_image_free(&image);
    ck_assert_ptr_null(image.refusal_text);
}
END_TEST

#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define B63 "                                                               "

static const struct {
    const char *text;
    const char *interp, *arg;  /* interp NULL: refused */
} scripts[] = {
    {"#!/bin/sh\n", "/bin/sh", NULL},
    {"#!/bin/sh", "/bin/sh", NULL},
    {"#! \t/bin/sh \t\n", "/bin/sh", NULL},
    {"#!/bin/sh -e\nrest", "/bin/sh", "-e"},
    {"#!/usr/bin/env -S a  b \n", "/usr/bin/env", "-S a  b"},
    {"#!/bin/sh\r\n", "/bin/sh\r", NULL},
    {"#!/bin/sh ", "/bin/sh", ""},  /* without a newline, the zero behind the file is the word */
    {"#!sh\n", "sh", NULL},
    {"#!\n/bin/sh\n", NULL, NULL},
    {"#!  \t\n", NULL, NULL},
    {"#!" B63 B63 B63 B63 B63 "/bin/sh\n", NULL, NULL},
    {"#!/" X63 X63 X63 X63 X63 "\n", NULL, NULL},
    {"#!/" X63 X63 X63 X63 "\n", "/" X63 X63 X63 X63, NULL},
    {"#!/" X63 X63 X63 X63, "/" X63 X63 X63 X63, NULL},
    {"#!/x" X63 X63 X63 X63 "\n", NULL, NULL},  /* the newline is byte 257: not seen */
    {"#!/x" X63 X63 X63 X63, NULL, NULL},
    {"#!/bin/sh " X63 X63 X63 X63 "\n", "/bin/sh", X63 X63 X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                                                  "xxxxxxxxxxxxxx" "xxxxxxxxxxxx"},
};

START_TEST(script_lines_are_split_as_the_kernel_does)
{
    struct ig_image image = parse(scripts[_i].text, strlen(scripts[_i].text));
    ck_assert_int_eq(image.kind, IG_IMAGE_SCRIPT);
    ck_assert_int_eq(image.refusal, scripts[_i].interp != NULL ? 0 : ENOEXEC);
    ck_assert_pstr_eq(image.script_interp, scripts[_i].interp);
    ck_assert_pstr_eq(image.script_arg, scripts[_i].arg);
    ig_image_free(&image);
}
END_TEST

START_TEST(newline_behind_a_nul_does_not_count)
{
    static const char text[] = "#!/bin/sh\0 -e\n";
    struct ig_image image = parse(text, sizeof text - 1);
    ck_assert_str_eq(image.script_interp, "/bin/sh");
    ck_assert_ptr_null(image.script_arg);
    ig_image_free(&image);
}
END_TEST

static const struct {
    uint8_t e_class, e_data;
    uint16_t machine;
} forms[] = {
    {ELFCLASS64, ELFDATA2LSB, EM_X86_64},
    {ELFCLASS32, ELFDATA2LSB, EM_386},
    {ELFCLASS64, ELFDATA2MSB, EM_S390},
    {ELFCLASS32, ELFDATA2MSB, EM_PPC},
};

START_TEST(every_form_reads_the_same)
{
    struct elf_spec spec = elf_healthy(forms[_i].e_class, forms[_i].e_data, forms[_i].machine);
    struct ig_image image = parse_spec(&spec);
    ck_assert_int_eq(image.kind, IG_IMAGE_ELF);
    ck_assert_pstr_eq(image.refusal_text, NULL);
    ck_assert_pstr_eq(image.broken_text, NULL);
    ck_assert_uint_eq(image.e_class, forms[_i].e_class);
    ck_assert_uint_eq(image.e_data, forms[_i].e_data);
    ck_assert_uint_eq(image.e_type, ET_DYN);
    ck_assert_uint_eq(image.e_machine, forms[_i].machine);
    ck_assert_uint_eq(image.entry, 0x1000);
    ck_assert_int_eq(image.interp_state, IG_INTERP_OK);
    ck_assert_str_eq(image.interp, ELF_LOADER);
    ck_assert_uint_eq(image.interp_size, sizeof ELF_LOADER);
    ck_assert_uint_eq(image.segment_count, ELF_SEGMENTS);
    for (size_t i = 0; i < ELF_SEGMENTS; i++) {
        ck_assert_mem_eq(&image.segments[i], &spec.segments[i], sizeof spec.segments[i]);
    }
    ig_image_free(&image);
}
END_TEST

static void e_type_rel(struct elf_spec *s) { s->type = ET_REL; }
static void e_type_core(struct elf_spec *s) { s->type = ET_CORE; }
static void class_zero(struct elf_spec *s) { s->e_class = 0; }
static void class_three(struct elf_spec *s) { s->e_class = 3; }
static void data_zero(struct elf_spec *s) { s->e_data = 0; }
static void data_three(struct elf_spec *s) { s->e_data = 3; }
static void no_headers(struct elf_spec *s) { s->phnum = 0; }
static void most_headers(struct elf_spec *s) { s->phnum = 65535; }
static void one_too_many(struct elf_spec *s) { s->phnum = 1171; }
static void headers_of_other_class(struct elf_spec *s) { s->phentsize = 32; }
static void headers_at_the_end(struct elf_spec *s) { s->phoff = ELF_SIZE - 4 * 56 + 1; }
static void headers_far_away(struct elf_spec *s) { s->phoff = UINT64_MAX - 100; }
static void headers_negative(struct elf_spec *s) { s->phoff = INT64_MAX; }
static void interp_one(struct elf_spec *s) { s->segments[0].filesz = 1; }
static void interp_none(struct elf_spec *s) { s->segments[0].filesz = 0; }
static void interp_long(struct elf_spec *s) { s->segments[0].filesz = 4097; }
static void interp_huge(struct elf_spec *s) { s->segments[0].filesz = UINT64_MAX; }
static void interp_open(struct elf_spec *s) { s->segments[0].filesz = sizeof ELF_LOADER - 1; }
static void interp_cut(struct elf_spec *s) { s->segments[0].offset = ELF_SIZE - 3; }
static void interp_away(struct elf_spec *s) { s->segments[0].offset = 1ULL << 40; }
static void interp_at_most(struct elf_spec *s)
{
    s->segments[0].offset = INT64_MAX - sizeof ELF_LOADER;
}
static void interp_beyond(struct elf_spec *s)
{
    s->segments[0].offset = INT64_MAX - sizeof ELF_LOADER + 1;
}
static void interp_negative(struct elf_spec *s) { s->segments[0].offset = 1ULL << 63; }

static const struct {
    void (*damage)(struct elf_spec *);
    int refusal;
    const char *text;
    enum ig_interp_state interp_state;
} refusals[] = {
    {e_type_rel, ENOEXEC, "its ELF type is 1 (object file), not an executable", IG_INTERP_OK},
    {e_type_core, ENOEXEC, "its ELF type is 4 (core dump), not an executable", IG_INTERP_OK},
    {class_zero, ENOEXEC, "its ELF class is 0, neither 32-bit nor 64-bit", IG_INTERP_NONE},
    {class_three, ENOEXEC, "its ELF class is 3, neither 32-bit nor 64-bit", IG_INTERP_NONE},
    {data_zero, ENOEXEC, "its ELF byte order is 0, neither little-endian nor big-endian",
     IG_INTERP_NONE},
    {data_three, ENOEXEC, "its ELF byte order is 3, neither little-endian nor big-endian",
     IG_INTERP_NONE},
    {no_headers, ENOEXEC, "it has 0 program headers; the kernel takes 1 to 1170", IG_INTERP_NONE},
    {most_headers, ENOEXEC, "it has 65535 program headers; the kernel takes 1 to 1170",
     IG_INTERP_NONE},
    {one_too_many, ENOEXEC, "it has 1171 program headers; the kernel takes 1 to 1170",
     IG_INTERP_NONE},
    {headers_of_other_class, ENOEXEC, "its program headers have 32 bytes each instead of 56",
     IG_INTERP_NONE},
    {headers_at_the_end, ENOEXEC,
     "its program headers (224 bytes from byte 12065 on) lie past the end of the file, which has "
     "12288 bytes", IG_INTERP_NONE},
    {headers_far_away, ENOEXEC,
     "its program headers (224 bytes from byte 18446744073709551515 on) lie past the end of the "
     "file, which has 12288 bytes", IG_INTERP_NONE},
    {headers_negative, ENOEXEC,
     "its program headers (224 bytes from byte 9223372036854775807 on) lie past the end of the "
     "file, which has 12288 bytes", IG_INTERP_NONE},
    {interp_one, ENOEXEC, "PT_INTERP has 1 bytes; the kernel takes 2 to 4096, the final NUL counted",
     IG_INTERP_SIZE},
    {interp_none, ENOEXEC,
     "PT_INTERP has 0 bytes; the kernel takes 2 to 4096, the final NUL counted", IG_INTERP_SIZE},
    {interp_long, ENOEXEC,
     "PT_INTERP has 4097 bytes; the kernel takes 2 to 4096, the final NUL counted", IG_INTERP_SIZE},
    {interp_huge, ENOEXEC,
     "PT_INTERP has 18446744073709551615 bytes; the kernel takes 2 to 4096, the final NUL counted",
     IG_INTERP_SIZE},
    {interp_open, ENOEXEC, "PT_INTERP does not end with a NUL byte", IG_INTERP_UNTERMINATED},
    {interp_cut, EIO,
     "PT_INTERP (13 bytes from byte 12285 on) lies past the end of the file, which has 12288 bytes",
     IG_INTERP_OUTSIDE},
    {interp_away, EIO,
     "PT_INTERP (13 bytes from byte 1099511627776 on) lies past the end of the file, which has "
     "12288 bytes", IG_INTERP_OUTSIDE},
    {interp_at_most, EIO,
     "PT_INTERP (13 bytes from byte 9223372036854775794 on) lies past the end of the file, which "
     "has 12288 bytes", IG_INTERP_OUTSIDE},
    {interp_beyond, EINVAL,
     "PT_INTERP (13 bytes from byte 9223372036854775795 on) lies past the end of the file, which "
     "has 12288 bytes", IG_INTERP_OUTSIDE},
    {interp_negative, EINVAL,
     "PT_INTERP (13 bytes from byte 9223372036854775808 on) lies past the end of the file, which "
     "has 12288 bytes", IG_INTERP_OUTSIDE},
};

START_TEST(refusals_have_execve_s_errno)
{
    struct elf_spec spec = amd64();
    refusals[_i].damage(&spec);
    struct ig_image image = parse_spec(&spec);
    ck_assert_int_eq(image.refusal, refusals[_i].refusal);
    ck_assert_str_eq(image.refusal_text, refusals[_i].text);
    ck_assert_int_eq(image.interp_state, refusals[_i].interp_state);
    ck_assert_int_eq(image.interp != NULL, image.interp_state == IG_INTERP_OK);
    ig_image_free(&image);
}
END_TEST

static void only_notes(struct elf_spec *s)
{
    s->segments[1].type = s->segments[2].type = PT_NOTE;
}
static void larger_in_file(struct elf_spec *s) { s->segments[2].memsz = 0xfff; }
static void incongruent(struct elf_spec *s) { s->segments[2].vaddr = 0x3008; }
static void too_high(struct elf_spec *s) { s->segments[2].vaddr = 0x7ffffffff000; }
static void wraps(struct elf_spec *s) { s->segments[2].memsz = UINT64_MAX; }
static void truncated(struct elf_spec *s) { s->segments[2].offset = 0x3000; }
static void truncated_far(struct elf_spec *s) { s->segments[2].offset = UINT64_MAX - 0xfff; }
static void low_address(struct elf_spec *s) { s->type = ET_EXEC; }
static void huge_alignment(struct elf_spec *s) { s->segments[2].align = 1ULL << 47; }
static void spread(struct elf_spec *s) { s->segments[2].vaddr = 0x7ffffff00000; }
static void nothing_first(struct elf_spec *s)
{
    s->segments[0].type = PT_NOTE;
    s->segments[1].filesz = 0;
}
static void all_empty(struct elf_spec *s)
{
    s->segments[1].filesz = s->segments[1].memsz = 0;
    s->segments[2].type = PT_NOTE;
}
static void entry_outside(struct elf_spec *s) { s->entry = 0x9000; }
static void entry_in_data(struct elf_spec *s) { s->entry = 0x3000; }
static void shared_library(struct elf_spec *s)
{
    s->entry = 0;
    s->segments[1].flags = PF_R;
}

static const struct {
    void (*damage)(struct elf_spec *);
    const char *text;
} broken[] = {
    {only_notes, "it has no PT_LOAD segment: nothing of it would be in memory"},
    {larger_in_file, "PT_LOAD 2 has more bytes in the file (4096) than in memory (4095)"},
    {incongruent, "PT_LOAD 2 cannot be mapped: its file offset 0x2000 and address 0x3008 lie at "
                  "different places in a page"},
    {too_high, "PT_LOAD 2 (0x5000 bytes at address 0x7ffffffff000) lies outside the address space "
               "of a process"},
    {wraps, "PT_LOAD 2 (0xffffffffffffffff bytes at address 0x3000) lies outside the address space "
            "of a process"},
    {truncated, "PT_LOAD 2 needs 4096 bytes from byte 12288 on, but the file has only 12288 bytes "
                "(truncated)"},
    {truncated_far, "PT_LOAD 2 needs 4096 bytes from byte 18446744073709547520 on, but the file has "
                    "only 12288 bytes (truncated)"},
    {low_address, "PT_LOAD 1 has the address 0x0, below 0x10000 (vm.mmap_min_addr)"},
    {huge_alignment, "PT_LOAD 2 asks for an alignment of 0x800000000000"},
    {spread, "its PT_LOAD segments spread over 0x7ffffff05000 bytes of address space"},
    {nothing_first, "PT_LOAD 1, the first, has no bytes in the file"},
    {all_empty, "its PT_LOAD segments are empty"},
    {entry_outside, "its entry point 0x9000 lies in no loaded segment"},
    {entry_in_data, "its entry point 0x3000 lies in no executable segment"},
    {shared_library, "its entry point 0x0 lies in no executable segment (a shared library?)"},
};

START_TEST(what_the_kernel_kills_is_broken)
{
    struct elf_spec spec = amd64();
    broken[_i].damage(&spec);
    struct ig_image image = parse_spec(&spec);
    ck_assert_int_eq(image.refusal, 0);
    ck_assert_pstr_eq(image.broken_text, broken[_i].text);
    ig_image_free(&image);
}
END_TEST

static void second_interp(struct elf_spec *s)
{
    s->segments[3] = (struct ig_segment){.type = PT_INTERP, .filesz = 1};
}
static void executable_stack(struct elf_spec *s)
{
    s->segments[3] = (struct ig_segment){.type = PT_GNU_STACK, .flags = PF_R | PF_W | PF_X};
}
static void reversed(struct elf_spec *s)
{
    struct ig_segment kept = s->segments[1];
    s->segments[1] = s->segments[2];
    s->segments[2] = kept;
}
static void overlapping(struct elf_spec *s) { s->segments[2].vaddr = 0x1000; }
static void odd_alignment(struct elf_spec *s) { s->segments[1].align = 3; }
static void note_outside(struct elf_spec *s) { s->segments[3].offset = UINT64_MAX; }
static void only_memory(struct elf_spec *s) { s->segments[2].filesz = 0; }

static void (*const harmless[])(struct elf_spec *) = {
    second_interp, executable_stack, reversed, overlapping, odd_alignment, note_outside, only_memory,
};

static const struct {
    uint32_t flags[2];
    uint64_t filesz, memsz;
    uint16_t type;
    uint64_t program, library;
} memories[] = {
    {{PF_R | PF_X, PF_R | PF_W}, 4096, 1ULL << 41, ET_EXEC, (1ULL << 41) - 4096, (1ULL << 41) - 4096},
    {{PF_R | PF_X, PF_R}, 4096, 1ULL << 41, ET_EXEC, (1ULL << 41) - 4096, 0},
    {{PF_R | PF_X, PF_R | PF_W}, 4096, 4096, ET_EXEC, 4096, 4096},
    {{PF_R | PF_X, PF_R}, 4096, 4096, ET_EXEC, 0, 0},
    {{PF_R | PF_X, PF_R}, 4096, 4096, ET_DYN, 0, 0},
    /* Placed, and so mapped, as a whole. */
    {{PF_R | PF_W, PF_R}, 4096, 4096, ET_DYN, 0x4000, 0x4000},
};

START_TEST(memory_that_the_kernel_must_promise)
{
    struct elf_spec spec = amd64();
    spec.type = memories[_i].type;
    spec.segments[1].flags = memories[_i].flags[0];
    spec.segments[2].flags = memories[_i].flags[1];
    spec.segments[2].filesz = memories[_i].filesz;
    spec.segments[2].memsz = memories[_i].memsz;
    struct ig_image image = parse_spec(&spec);
    ck_assert_uint_eq(ig_image_memory(&image, false), memories[_i].program);
    ck_assert_uint_eq(ig_image_memory(&image, true), memories[_i].library);
    ig_image_free(&image);
}
END_TEST

START_TEST(what_the_kernel_ignores_is_no_fault)
{
    struct elf_spec spec = amd64();
    harmless[_i](&spec);
    struct ig_image image = parse_spec(&spec);
    ck_assert_pstr_eq(image.refusal_text, NULL);
    ck_assert_pstr_eq(image.broken_text, NULL);
    ck_assert_str_eq(image.interp, ELF_LOADER);
    ig_image_free(&image);
}
END_TEST

/* A header that the file ends in is read with zeroes behind it. */
START_TEST(cut_at_every_byte)
{
    static uint8_t whole[ELF_SIZE];
    struct elf_spec spec = amd64();
    elf_write(&spec, whole);
    for (size_t size = 0; size < ELF_SIZE; size++) {
        uint8_t *cut = ig_alloc(size);
        memcpy(cut, whole, size);
        struct ig_image image = parse(cut, size);
        bool headers = size >= spec.phoff + sizeof(Elf64_Phdr) * ELF_SEGMENTS;
        bool interp = size >= ELF_INTERP_AT + sizeof ELF_LOADER;
        ck_assert_int_eq(image.refusal, !headers ? ENOEXEC : !interp ? EIO : 0);
        ck_assert_int_eq(image.broken_text != NULL, headers);
        ig_image_free(&image);
        free(cut);
    }
}
END_TEST

/* A file whose reads fail at one place. */
static uint8_t failing_bytes[ELF_SIZE];
static uint64_t fails_at;

static ssize_t failing_read(const struct ig_bytes *from, void *buf, size_t size, uint64_t offset)
{
    (void)from;
    if (offset <= fails_at && fails_at < offset + size) {
        errno = EIO;
        return -1;
    }
    memcpy(buf, failing_bytes + offset, size);
    return (ssize_t)size;
}

static const struct {
    uint64_t at;
    const char *text;
} read_faults[] = {
    {0, "cannot read the file's first bytes: EIO (Input/output error)"},
    {0x700, "cannot read the program headers: EIO (Input/output error)"},
    {ELF_INTERP_AT, "cannot read PT_INTERP: EIO (Input/output error)"},
};

START_TEST(failing_reads_are_errors)
{
    struct ig_bytes bytes = {.read = failing_read, .size = ELF_SIZE, .fd = -1};
    struct ig_image image;
    struct ig_error e;
    struct elf_spec spec = amd64();
    elf_write(&spec, failing_bytes);
    /* Away from the first 256 bytes, which one read fetches. */
    memcpy(failing_bytes + 0x700, failing_bytes + spec.phoff, 4 * sizeof(Elf64_Phdr));
    failing_bytes[0x20] = 0x00;
    failing_bytes[0x21] = 0x07;
    fails_at = read_faults[_i].at;
    ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), -1);
    ck_assert_int_eq(e.number, EIO);
    ck_assert_str_eq(e.text, read_faults[_i].text);
    ck_assert_ptr_null(image.segments);
    ck_assert_uint_eq(image.size, 0);
    fails_at = ELF_SIZE;
    ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), 0);
    ck_assert_int_eq(image.refusal, 0);
    ig_image_free(&image);
}
END_TEST

START_TEST(descriptors_read_like_memory)
{
    struct stat st;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    struct ig_bytes bytes = ig_bytes_of_fd(fd, (uint64_t)st.st_size);
    struct ig_image image;
    ck_assert_int_eq(ig_image_parse(&bytes, &image, NULL), 0);
    ck_assert_int_eq(image.kind, IG_IMAGE_ELF);
    ck_assert_pstr_eq(image.refusal_text, NULL);
    ck_assert_pstr_eq(image.broken_text, NULL);
    ig_image_free(&image);
    bytes.fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct ig_error e;
    ck_assert_int_eq(ig_image_parse(&bytes, &image, &e), -1);
    ck_assert_int_eq(e.number, EISDIR);
    close(bytes.fd);
    close(fd);
}
END_TEST

/* A program whose reads are noted. */
enum { CHANGED = 4096 };
static bool was_read[CHANGED];

static ssize_t noting_read(const struct ig_bytes *from, void *buf, size_t size, uint64_t offset)
{
    for (uint64_t at = offset; at < offset + size && at < CHANGED; at++) {
        was_read[at] = true;
    }
    struct ig_bytes plain = ig_bytes_of_memory(from->data, (size_t)from->size);
    return plain.read(&plain, buf, size, offset);
}

static void survive(const uint8_t *data, size_t size, const struct ig_image *program)
{
    struct ig_bytes bytes = {.read = noting_read, .size = size, .fd = -1, .data = data};
    struct ig_image image;
    char text[256];
    ck_assert_int_eq(ig_image_parse(&bytes, &image, NULL), 0);
    int number = ig_image_loader_fault(&image, program, text, sizeof text);
    ck_assert(number != 0 || image.segments != NULL);
    ig_image_free(&image);
}

/* All 255 other values of each of the first 4096 bytes of this very program, for the sanitizers to
 * judge. A byte that a parse does not read makes no difference to it: its other values are the
 * same parse. */
START_TEST(every_changed_byte_is_survived)
{
    struct stat st;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(fstat(fd, &st), 0);
    size_t size = (size_t)st.st_size;
    uint8_t *data = ig_alloc(size);
    ck_assert_int_eq(pread(fd, data, size, 0), (ssize_t)size);
    close(fd);
    struct ig_image healthy = parse(data, size);
    unsigned parsed = 0;
    for (size_t at = 0; at < CHANGED; at++) {
        was_read[at] = true;
        for (unsigned change = 1; change < 256 && was_read[at]; change++) {
            was_read[at] = false;
            data[at] ^= (uint8_t)change;
            survive(data, size, &healthy);
            data[at] ^= (uint8_t)change;
            parsed++;
        }
    }
    /* Its headers at least. */
    ck_assert_uint_gt(parsed, (sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr)) * 255);
    ig_image_free(&healthy);
    free(data);
}
END_TEST

static void arm64(struct elf_spec *s) { s->machine = EM_AARCH64; }
static void big_endian(struct elf_spec *s) { s->e_data = ELFDATA2MSB; }
static void thirty_two_bit(struct elf_spec *s)
{
    *s = elf_healthy(ELFCLASS32, ELFDATA2LSB, EM_X86_64);
}

static const struct {
    void (*damage)(struct elf_spec *);
    int number;
    const char *text;
} loaders[] = {
    {second_interp, 0, ""},
    {interp_one, 0, ""},
    {interp_away, 0, ""},
    {arm64, ELIBBAD, "the loader is for AArch64 (64-bit), the program for x86-64 (64-bit)"},
    {big_endian, ELIBBAD, "the loader is for x86-64 (64-bit), the program for x86-64 (64-bit), "
                          "of the other byte order"},
    {thirty_two_bit, ELIBBAD, "the loader is for x86-64 (32-bit), the program for x86-64 (64-bit)"},
    {class_three, ELIBBAD, "the loader cannot be used: its ELF class is 3, neither 32-bit nor "
                           "64-bit"},
    {no_headers, ELIBBAD, "the loader cannot be used: it has 0 program headers; the kernel takes 1 "
                          "to 1170"},
    {e_type_rel, IG_LOADER_CRASHES, "the loader cannot be used: its ELF type is 1 (object file), "
                                    "not an executable"},
    {only_notes, IG_LOADER_CRASHES, "the loader cannot be used: it has no PT_LOAD segment: nothing "
                                    "of it would be in memory"},
    {truncated, IG_LOADER_CRASHES, "the loader cannot be used: PT_LOAD 2 needs 4096 bytes from byte "
                                   "12288 on, but the file has only 12288 bytes (truncated)"},
};

START_TEST(loaders_have_execve_s_errno)
{
    struct elf_spec spec = amd64();
    struct ig_image program = parse_spec(&spec);
    loaders[_i].damage(&spec);
    struct ig_image loader = parse_spec(&spec);
    char text[256] = "";
    int number = ig_image_loader_fault(&loader, &program, text, sizeof text);
    ck_assert_str_eq(text, loaders[_i].text);
    ck_assert_int_eq(number, loaders[_i].number);
    ig_image_free(&loader);
    ig_image_free(&program);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    int number;
} no_loaders[] = {
    {"", 0, EIO},
    {"#!/bin/sh\n", 10, EIO},
    {"\x7f" "ELF", 4, EIO},
    {"0123456789012345678901234567890123456789012345678901234567890123", 63, EIO},
    {"0123456789012345678901234567890123456789012345678901234567890123", 64, ELIBBAD},
    {"#!/bin/sh\n0123456789012345678901234567890123456789012345678901234567890123", 74, ELIBBAD},
};

START_TEST(what_is_no_elf_is_no_loader)
{
    struct elf_spec spec = amd64();
    struct ig_image program = parse_spec(&spec);
    struct ig_image loader = parse(no_loaders[_i].bytes, no_loaders[_i].size);
    char text[256] = "";
    ck_assert_int_eq(ig_image_loader_fault(&loader, &program, text, sizeof text),
                     no_loaders[_i].number);
    ck_assert_str_ne(text, "");
    ig_image_free(&loader);
    ig_image_free(&program);
}
END_TEST

static const struct {
    const char *platform, *name;
} platforms[] = {
    {"linux/amd64", "amd64"},     {"amd64", "amd64"},          {"x86_64", "amd64"},
    {"linux/amd64/v2", "amd64"},  {"linux/arm64", "arm64"},    {"linux/arm64/v8", "arm64"},
    {"aarch64", "arm64"},         {"linux/arm/v7", "arm"},     {"linux/arm/v6", "arm"},
    {"armv7l", "arm"},            {"armv8l", "arm"},           {"armv5tel", "arm"},
    {"linux/386", "386"},         {"i386", "386"},             {"i686", "386"},
    {"linux/s390x", "s390x"},     {"linux/ppc64le", "ppc64le"}, {"riscv64", "riscv64"},
    {"loongarch64", "loong64"},   {"linux/loong64", "loong64"}, {"linux/mips64le", "mips64le"},
    {"", NULL},                   {"linux/", NULL},            {"linux", NULL},
    {"windows/amd64", NULL},      {"linux/amd64/", NULL},      {"linux/amd64/v2/x", NULL},
    {"linux/amd64/x2", NULL},     {"linux/AMD64", NULL},       {"amd6", NULL},
    {"amd64 ", NULL},             {"i786", NULL},              {"armv", NULL},
    {"armv9", NULL},              {"linux//amd64", NULL},
};

START_TEST(platforms_have_names)
{
    const struct ig_machine *machine = ig_machine_find(platforms[_i].platform);
    ck_assert_pstr_eq(machine != NULL ? machine->name : NULL, platforms[_i].name);
}
END_TEST

static const struct {
    const char *platform;
    uint8_t e_class, e_data;
    uint16_t e_machine;
    bool runs;
} runs[] = {
    {"amd64", ELFCLASS64, ELFDATA2LSB, EM_X86_64, true},
    {"amd64", ELFCLASS32, ELFDATA2LSB, EM_386, true},
    {"amd64", ELFCLASS32, ELFDATA2LSB, EM_X86_64, false},  /* x32: off in distributions' kernels */
    {"amd64", ELFCLASS64, ELFDATA2MSB, EM_X86_64, false},
    {"amd64", ELFCLASS64, ELFDATA2LSB, EM_386, false},
    {"amd64", ELFCLASS64, ELFDATA2LSB, EM_AARCH64, false},
    {"386", ELFCLASS32, ELFDATA2LSB, EM_386, true},
    {"386", ELFCLASS64, ELFDATA2LSB, EM_X86_64, false},
    {"arm64", ELFCLASS64, ELFDATA2LSB, EM_AARCH64, true},
    {"arm64", ELFCLASS32, ELFDATA2LSB, EM_ARM, true},
    {"arm64", ELFCLASS64, ELFDATA2MSB, EM_AARCH64, false},
    {"arm", ELFCLASS32, ELFDATA2LSB, EM_ARM, true},
    {"s390x", ELFCLASS64, ELFDATA2MSB, EM_S390, true},
    {"s390x", ELFCLASS64, ELFDATA2LSB, EM_S390, false},
    {"s390x", ELFCLASS32, ELFDATA2MSB, EM_NONE, false},  /* must not match "no second machine" */
    {"ppc64le", ELFCLASS64, ELFDATA2LSB, EM_PPC64, true},
    {"riscv64", ELFCLASS64, ELFDATA2LSB, EM_RISCV, true},
};

START_TEST(machines_run_their_own)
{
    struct elf_spec spec = elf_healthy(runs[_i].e_class, runs[_i].e_data, runs[_i].e_machine);
    struct ig_image image = parse_spec(&spec);
    const struct ig_machine *machine = ig_machine_find(runs[_i].platform);
    ck_assert_int_eq(ig_machine_runs(machine, &image), runs[_i].runs);
    ig_image_free(&image);
}
END_TEST

START_TEST(machines_are_described)
{
    char buf[32];
    ck_assert_str_eq(ig_machine_describe(EM_X86_64, buf, sizeof buf), "x86-64");
    ck_assert_str_eq(ig_machine_describe(EM_AARCH64, buf, sizeof buf), "AArch64");
    ck_assert_str_eq(ig_machine_describe(12345, buf, sizeof buf), "machine 12345");
    for (const struct ig_machine *m = ig_machine_table(); m->name != NULL; m++) {
        ck_assert_str_ne(ig_machine_describe(m->e_machine, buf, sizeof buf), buf);
        ck_assert_ptr_eq(ig_machine_find(m->name), m);
        ck_assert_ptr_eq(ig_machine_find(m->uname), m);
    }
    ck_assert_int_eq(strncmp(ig_elf_version(), "libelf 0.", 9), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, first_bytes_tell_the_kind, 0, IG_COUNT(kinds));
    tcase_add_loop_test(tc, script_lines_are_split_as_the_kernel_does, 0, IG_COUNT(scripts));
    tcase_add_test(tc, newline_behind_a_nul_does_not_count);
    tcase_add_loop_test(tc, every_form_reads_the_same, 0, IG_COUNT(forms));
    tcase_add_loop_test(tc, refusals_have_execve_s_errno, 0, IG_COUNT(refusals));
    tcase_add_loop_test(tc, what_the_kernel_kills_is_broken, 0, IG_COUNT(broken));
    tcase_add_loop_test(tc, memory_that_the_kernel_must_promise, 0, IG_COUNT(memories));
    tcase_add_loop_test(tc, what_the_kernel_ignores_is_no_fault, 0, IG_COUNT(harmless));
    tcase_add_test(tc, cut_at_every_byte);
    tcase_add_loop_test(tc, failing_reads_are_errors, 0, IG_COUNT(read_faults));
    tcase_add_test(tc, descriptors_read_like_memory);
    tcase_add_test(tc, every_changed_byte_is_survived);
    tcase_add_loop_test(tc, loaders_have_execve_s_errno, 0, IG_COUNT(loaders));
    tcase_add_loop_test(tc, what_is_no_elf_is_no_loader, 0, IG_COUNT(no_loaders));
    tcase_add_loop_test(tc, platforms_have_names, 0, IG_COUNT(platforms));
    tcase_add_loop_test(tc, machines_run_their_own, 0, IG_COUNT(runs));
    tcase_add_test(tc, machines_are_described);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
