/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of hardening.c; for lib/elf alone. */
#ifndef IG_ELF_HARDENING_PRIV_H
#define IG_ELF_HARDENING_PRIV_H

#include "elf/dynamic.h"
#include "elf/hardening.h"
#include "elf/view.h"

/* The property notes of PT_GNU_PROPERTY, or of PT_NOTE where there is none. -1 with errno. */
int ig_hardening_notes(const struct ig_view *view, struct ig_hardening *h);

/* Does a program without dynamic symbols use the stack protector? By its symbol table, else (x86)
 * by instructions that load the guard. -1 with errno. */
int ig_hardening_static_protector(const struct ig_view *view, struct ig_hardening *h);

/* Stack protector and FORTIFY by the dynamic symbols. -1 with E. */
int ig_hardening_symbols(const struct ig_view *view, const struct ig_dynamic *dynamic,
                         struct ig_hardening *h, struct ig_error *e);

#endif
