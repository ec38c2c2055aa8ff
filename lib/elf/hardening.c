/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/hardening.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/hardening_priv.h"
#include "elf/image_priv.h"

const char *ig_pie_name(enum ig_pie pie)
{
    static const char *const names[] = {"no", "pie", "static-pie", "library"};
    return names[pie];
}

const char *ig_relro_name(enum ig_relro relro)
{
    static const char *const names[] = {"none", "partial", "full"};
    return names[relro];
}

const char *ig_answer_name(enum ig_answer answer)
{
    static const char *const names[] = {"unknown", "no", "yes"};
    return names[answer];
}

/* An executable stack is what the kernel or glibc makes where nothing is said: the kernel for i386
 * (READ_IMPLIES_EXEC; until 5.8 for x86-64 too), glibc for each thread (DEFAULT_STACK_PERMS). On
 * AArch64 neither does. */
static void take_segments(const struct ig_image *image, struct ig_hardening *h)
{
    h->executable_stack = image->e_machine != EM_AARCH64;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type == PT_GNU_STACK) {
            h->stack_marked = true;
            h->executable_stack = (s->flags & PF_X) != 0;  /* the kernel takes the last one */
        } else if (s->type == PT_GNU_RELRO && s->memsz != 0) {
            h->relro = IG_RELRO_PARTIAL;
        } else if (s->type == PT_LOAD && (s->flags & PF_W) != 0 && (s->flags & PF_X) != 0) {
            h->wx_count++;
        }
    }
}

static enum ig_pie pie_of(const struct ig_image *image, const struct ig_dynamic *d)
{
    bool loader = image->interp_state != IG_INTERP_NONE;
    if (image->e_type != ET_DYN) {
        return IG_PIE_NONE;
    }
    /* DF_1_PIE is younger (binutils 2.26) than PIE. A library that can be run, as libc.so.6 can,
     * has a PT_INTERP but neither of the marks, and a name. */
    if ((d->flags_1 & IG_DT_1_PIE) != 0 || d->debug || (loader && d->soname == NULL)) {
        return loader ? IG_PIE_DYNAMIC : IG_PIE_STATIC;
    }
    return IG_PIE_LIBRARY;
}

static void take_dynamic(const struct ig_image *image, struct ig_dynamic *d,
                         struct ig_hardening *h)
{
    h->pie = pie_of(image, d);
    h->bind_now = d->bind_now || !d->present;
    if (h->relro == IG_RELRO_PARTIAL && d->bind_now) {
        h->relro = IG_RELRO_FULL;
    }
    h->textrel = d->textrel;
    h->rpath = d->rpath != NULL ? ig_strdup(d->rpath) : NULL;
    h->runpath = d->runpath != NULL ? ig_strdup(d->runpath) : NULL;
    h->fault = d->fault != NULL ? ig_strdup(d->fault) : NULL;
}

static int take_code(const struct ig_view *view, const struct ig_dynamic *d,
                     struct ig_hardening *h, struct ig_error *e)
{
    if (d->present && ig_hardening_symbols(view, d, h, e) != 0) {
        return -1;
    }
    /* What needs no library has the protector's function inside, hidden. */
    if (d->needed_count == 0 && h->stack_protector != IG_ANSWER_YES && h->fault == NULL &&
        ig_hardening_static_protector(view, h) != 0) {
        return ig_error_set(e, errno, "cannot read the program's code");
    }
    /* One with a PT_INTERP and no dynamic section starts too; its loader has nothing to do. */
    bool is_static = d->needed_count == 0 &&
                     (!d->present || view->image->interp_state == IG_INTERP_NONE);
    if (h->fault == NULL && is_static && h->fortified_count == 0) {
        h->fortify = IG_ANSWER_UNKNOWN;
        h->fortify_why = "it is static, and has its C library's functions inside";
    }
    return 0;
}

int ig_hardening_parse(const struct ig_bytes *from, const struct ig_image *image,
                       struct ig_hardening *out, struct ig_error *e)
{
    struct ig_view view;
    IG_AUTO_ARENA struct ig_arena memory = {0};
    struct ig_dynamic dynamic;
    *out = (struct ig_hardening){0};
    if (!ig_view_open(&view, from, image)) {
        return 0;
    }
    out->known = true;
    out->is_x86 = image->e_machine == EM_X86_64 || image->e_machine == EM_386;
    out->is_aarch64 = image->e_machine == EM_AARCH64;
    if (ig_dynamic_parse(from, image, &memory, &dynamic, e) != 0) {
        *out = (struct ig_hardening){0};
        return -1;
    }
    take_segments(image, out);
    take_dynamic(image, &dynamic, out);
    int status = take_code(&view, &dynamic, out, e);
    if (status == 0 && ig_hardening_notes(&view, out) != 0) {
        status = ig_error_set(e, errno, "cannot read the program's notes");
    }
    if (status != 0) {
        ig_hardening_free(out);
    }
    return status;
}

void ig_hardening_free(struct ig_hardening *h)
{
    for (size_t i = 0; i < h->unfortified_count; i++) {
        free(h->unfortified[i]);
    }
    free(h->unfortified);
    free(h->rpath);
    free(h->runpath);
    free(h->fault);
    *h = (struct ig_hardening){0};
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Does P begin with the token $ORIGIN as is_dst() of glibc's elf/dl-load.c has it? */
static bool is_origin(const char *p)
{
    return strncmp(p, "${ORIGIN}", 9) == 0 ||
           (strncmp(p, "$ORIGIN", 7) == 0 && !name_char(p[7]));
}

char *ig_search_path_fault(const char *path, bool set_id)
{
    if (path[0] == '\0') {
        return NULL;  /* loaders ignore a path that is empty as a whole */
    }
    for (const char *p = path;; p++) {
        size_t length = strcspn(p, ":");
        IG_AUTO_FREE char *element = ig_strndup(p, length);
        if (length == 0) {
            return ig_strdup("has an empty element, which is the working directory");
        }
        if (!is_origin(element) && element[0] != '/') {
            return ig_format("has the relative element \"%s\", which is below the working "
                             "directory", element);
        }
        if (set_id && is_origin(element)) {
            return ig_strdup("names $ORIGIN in a set-id program: who links it into another folder "
                             "chooses its libraries");
        }
        p += length;
        if (*p == '\0') {
            return NULL;
        }
    }
}
