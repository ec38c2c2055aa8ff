/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "elf/image_priv.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* First byte in [FROM, LAST] that is not blank, or NULL. */
static const char *skip_blanks(const char *from, const char *last)
{
    for (; from <= last; from++) {
        if (!is_blank(*from)) {
            return from;
        }
    }
    return NULL;
}

/* First byte in [FROM, LAST] that ends a word, or NULL. */
static const char *end_of_word(const char *from, const char *last)
{
    for (; from <= last; from++) {
        if (is_blank(*from) || *from == '\0') {
            return from;
        }
    }
    return NULL;
}

/* Where the line ends, blanks at its end left out; NULL where the kernel refuses it. */
static const char *end_of_line(struct ig_image *image, const char *head)
{
    const char *last = &head[IG_IMAGE_HEAD - 1];
    /* The kernel's strnchr() stops at a NUL: a newline behind one is not seen. */
    const char *end = memchr(head, '\n', strnlen(head, IG_IMAGE_HEAD));
    if (end == NULL) {
        const char *name = skip_blanks(head + 2, last);
        if (name == NULL) {
            ig_image_refuse(image, ENOEXEC, "the #! line names no interpreter");
            return NULL;
        }
        if (end_of_word(name, last) == NULL) {
            ig_image_refuse(image, ENOEXEC,
                            "the interpreter of the #! line does not end within %d bytes",
                            IG_IMAGE_HEAD);
            return NULL;
        }
        end = last;
    }
    while (is_blank(end[-1])) {
        end--;
    }
    return end;
}

void ig_image_parse_script(struct ig_image *image, const char head[IG_IMAGE_HEAD])
{
    const char *end = end_of_line(image, head);
    if (end == NULL) {
        return;
    }
    const char *name = skip_blanks(head + 2, end);
    if (name == NULL || name == end) {
        ig_image_refuse(image, ENOEXEC, "the #! line names no interpreter");
        return;
    }
    const char *separator = end_of_word(name, end);
    size_t name_size = (size_t)((separator != NULL ? separator : end) - name);
    image->script_interp = ig_strndup(name, name_size);
    /* The byte at END counts as NUL from here on, as in the kernel. */
    if (separator != NULL && *separator != '\0') {
        const char *arg = skip_blanks(separator, end);
        image->script_arg = arg != NULL ? ig_strndup(arg, (size_t)(end - arg)) : NULL;
    }
}
