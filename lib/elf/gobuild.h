/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Go program says of its own build: the Go release, the main module, its dependencies and
 * the build settings. Read as Go's debug/buildinfo and runtime/debug.ParseBuildInfo() do, and as
 * `go version -m` prints it. The program says it of itself: it proves nothing against someone who
 * made the program to deceive; its digest does.
 */
#ifndef IG_ELF_GOBUILD_H
#define IG_ELF_GOBUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "elf/image.h"

enum ig_go_state {
    IG_GO_NONE,       /* no build info: no Go program, or one that had it taken out or is packed */
    IG_GO_FOUND,
    IG_GO_MALFORMED,  /* the mark is there, what follows it cannot be read: `fault` says why */
};

struct ig_go_module {
    char *path, *version;          /* owned; version is "" where there is none */
    char *sum;                     /* owned; "" where there is none */
    struct ig_go_module *replace;  /* the module in its place, or NULL; owned */
};

struct ig_go_setting {
    char *key, *value;  /* owned */
};

/* Nothing in it is escaped; no string holds a NUL. */
struct ig_go_info {
    enum ig_go_state state;
    char *fault;       /* of IG_GO_MALFORMED: a sentence without a full stop; owned */
    char *version;     /* of IG_GO_FOUND: "go1.25.3", "devel go1.26-0123abcd ..."; owned */
    /* What follows is empty in programs built without modules. */
    char *path;        /* package path of main; owned; NULL where there is none */
    bool has_main;
    struct ig_go_module main;
    struct ig_go_module *deps;
    size_t dep_count;
    struct ig_go_setting *settings;
    size_t setting_count;
};

/* Where to look for it. */
enum ig_go_search {
    IG_GO_ALL_DATA,  /* as Go does: where the section headers name no ".go.buildinfo", the data too */
    IG_GO_SECTION,   /* the data only where there are no section headers. Whatever Go's linker made
                        has the section; of a large program in another language this is much less
                        to read */
};

/* Find and parse. Returns 0 with the state in OUT (a file that is no ELF is IG_GO_NONE), -1 only
 * where reading failed (errno in E; OUT is empty then). Reads the section headers, up to the whole
 * first writable segment in pieces of 32 KiB, and at most 4 MiB of text. */
int ig_go_info_parse(const struct ig_bytes *from, const struct ig_image *image,
                     enum ig_go_search search, struct ig_go_info *out, struct ig_error *e);
void ig_go_info_free(struct ig_go_info *info);

/* The value of build setting KEY ("CGO_ENABLED", "vcs.revision", ...), or NULL. */
const char *ig_go_setting(const struct ig_go_info *info, const char *key);

/* Is VERSION one that Go can compare: "1.25", "1.25rc1", "1.25.3", each also as "go1.25"? What
 * follows a blank or a hyphen ("go1.25.3-corp X:nodwarf5") is no part of it. Of a development
 * version ("devel go1.26-0123abcd ...") it is the language version, 1.26. */
bool ig_go_version_valid(const char *version);

/* -1, 0 or 1: the order of Go's internal/gover: 1.24.9 < 1.25 < 1.25rc1 < 1.25.0 < 1.25.1, and
 * 1.20 = 1.20.0. What is not valid is below all others. */
int ig_go_version_compare(const char *a, const char *b);

#endif
