/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lib/elf reads of a file's dynamic section, for test/cli/oracle_dynamic.py: one line each,
 * its fields parted by tabs: "file", "needed", "soname", "rpath", "runpath", "flag", "need" (file,
 * version, weak), "version", "symbol" (name, version, defined, weak), "fault", "error".
 *
 * usage: elfdump <LIST-OF-FILES
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "elf/dynamic.h"

static void print_text(const char *name, const char *text)
{
    if (text != NULL) {
        printf("%s\t%s\n", name, text);
    }
}

static void print_dynamic(const struct ig_dynamic *d)
{
    for (size_t i = 0; i < d->needed_count; i++) {
        print_text("needed", d->needed[i]);
    }
    print_text("soname", d->soname);
    print_text("rpath", d->rpath);
    print_text("runpath", d->runpath);
    print_text("flag", d->bind_now ? "bind_now" : NULL);
    print_text("flag", d->textrel ? "textrel" : NULL);
    print_text("flag", d->debug ? "debug" : NULL);
    for (size_t i = 0; i < d->version_need_count; i++) {
        const struct ig_version_need *need = &d->version_needs[i];
        printf("need\t%s\t%s\t%d\n", need->file, need->version, need->weak);
    }
    for (size_t i = 0; i < d->version_count; i++) {
        print_text("version", d->versions[i].name);
    }
    print_text("fault", d->fault);
}

static int print_symbols(const struct ig_bytes *bytes, const struct ig_image *image,
                         const struct ig_dynamic *d, struct ig_error *e)
{
    struct ig_symbols symbols;
    IG_AUTO_FREE char *fault = NULL;
    if (ig_symbols_parse(bytes, image, d, &symbols, &fault, e) != 0) {
        return -1;
    }
    for (size_t i = 0; i < symbols.count; i++) {
        const struct ig_symbol *s = &symbols.list[i];
        printf("symbol\t%s\t%s\t%d\t%d\n", s->name, s->version != NULL ? s->version : "",
               s->defined, s->weak);
    }
    print_text("fault", fault);
    ig_symbols_free(&symbols);
    return 0;
}

static int dump(int fd, uint64_t size, struct ig_error *e)
{
    struct ig_bytes bytes = ig_bytes_of_fd(fd, size);
    struct ig_image image;
    IG_AUTO_ARENA struct ig_arena memory = {0};
    struct ig_dynamic dynamic;
    if (ig_image_parse(&bytes, &image, e) != 0) {
        return -1;
    }
    int status = ig_dynamic_parse(&bytes, &image, &memory, &dynamic, e);
    if (status == 0) {
        print_dynamic(&dynamic);
        status = print_symbols(&bytes, &image, &dynamic, e);
    }
    ig_image_free(&image);
    return status;
}

int main(void)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct ig_error e = {0};
        struct stat s;
        line[strcspn(line, "\n")] = '\0';
        printf("file\t%s\n", line);
        IG_AUTO_CLOSE int fd = open(line, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &s) != 0 || dump(fd, (uint64_t)s.st_size, &e) != 0) {
            printf("error\t%s\n", e.text);
        }
    }
    return 0;
}
