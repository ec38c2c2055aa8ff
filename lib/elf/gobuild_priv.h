/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of ig_go_info_parse(): finding the text, and understanding it. */
#ifndef IG_ELF_GOBUILD_PRIV_H
#define IG_ELF_GOBUILD_PRIV_H

#include "elf/gobuild.h"

/* Parse the module text (without its frame, LENGTH bytes, no NUL in it) as ParseBuildInfo() of Go's
 * src/runtime/debug/mod.go does. False where it is malformed; OUT->fault says why. */
bool ig_go_modules_parse(const char *text, size_t length, struct ig_go_info *out);

#endif
