/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/script.h"

#include <errno.h>
#include <string.h>

#include "core/mem.h"

int ig_script_parse(const struct ig_bytes *from, char **interpreter, struct ig_error *e)
{
    char line[IG_SCRIPT_LINE + 1] = {0};
    ssize_t n = from->read(from, line, IG_SCRIPT_LINE, 0);
    if (n < 0) {
        return ig_error_set(e, errno, "cannot read the #! line");
    }
    char *end = memchr(line, '\n', (size_t)n);
    char *start = line + 2;
    start += strspn(start, " \t");
    size_t name = strcspn(start, " \t\n");
    /* A short file without a newline ends in the NUL that the kernel's zeroed buffer has. */
    if (end == NULL && n == IG_SCRIPT_LINE && start[name] == '\0') {
        return ig_error_set(e, ENOEXEC, "the #! line names an interpreter that is cut off at "
                                        "byte %d", IG_SCRIPT_LINE);
    }
    if (name == 0) {
        return ig_error_set(e, ENOEXEC, "the #! line names no interpreter");
    }
    *interpreter = ig_strndup(start, name);
    return 0;
}
