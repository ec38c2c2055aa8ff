/* SPDX-License-Identifier: Apache-2.0 */
/* The "#!" line as fs/binfmt_script.c load_script() reads it. */
#ifndef IG_ELF_SCRIPT_H
#define IG_ELF_SCRIPT_H

#include "core/error.h"
#include "elf/image.h"

enum {
    IG_SCRIPT_LINE = 256,  /* BINPRM_BUF_SIZE: what the kernel looks at */
    IG_SCRIPT_DEPTH = 5,   /* interpreters that are scripts in turn; one more is ELOOP (fs/exec.c) */
};

/* The interpreter of a script, malloc'd. -1 where reading fails, or with number ENOEXEC where the
 * kernel refuses the line: no name, or one that may be cut at 256 bytes. */
int ig_script_parse(const struct ig_bytes *from, char **interpreter, struct ig_error *e);

#endif
