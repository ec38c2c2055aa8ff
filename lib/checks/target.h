/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A binary or file under judgement, opened once: one descriptor serves stat,
 * digest and ELF parsing, and it is looked at again at the end, so that what
 * was judged is one thing.
 */
#ifndef IG_CHECKS_TARGET_H
#define IG_CHECKS_TARGET_H

#include <stdbool.h>

#include "checks/scene.h"
#include "core/error.h"
#include "crypto/digest.h"
#include "elf/image.h"
#include "fsroot/fsroot.h"

struct ig_files;
struct ig_located;

struct ig_target {
    char *path;              /* where it was looked up in the root; owned */
    struct ig_walk walk;     /* how it was found; walk.error where it was not */
    int fd;                  /* open for reading, or -1 */
    struct ig_error unread;  /* why fd is -1 */
    bool parsed;
    int parse_failed;        /* -1 where the bytes could not be read */
    struct ig_error parse_error;
    struct ig_image image;   /* once ig_target_image() was called */
    const struct ig_located *loader; /* which binary.interpreter judged; NULL: none */
    struct ig_libraries *libraries;  /* see libraries.h; owned */
    /* Of what a script leads to; see script.h. */
    struct ig_target *next;         /* what takes over from it; owned */
    const struct ig_target *script; /* whose interpreter it is; borrowed; NULL for none's */
    int script_depth;               /* how many interpreters led to it in one execve */
    char *env_path;                 /* of env: PATH as it searched it; owned; NULL: unset */
    bool path_relative;             /* of env: it passed a relative folder on its way */
};

/* FILES may be NULL: what is known of the directories that lead there, as they were when they were
 * first walked to. */
void ig_target_open(struct ig_target *target, const struct ig_fsroot *root,
                    struct ig_files *files, const char *path);
void ig_target_close(struct ig_target *target);

/* The final inode, or NULL where the walk failed. */
const struct ig_meta *ig_target_meta(const struct ig_target *target);

/* Parse it as a program, once. NULL where its bytes could not be read (E says why). */
const struct ig_image *ig_target_image(struct ig_target *target, struct ig_error *e);

/* The SHA256 of its content in hex. Fails also where more or fewer bytes came than its size says: a
 * read that was cut short must not look like the whole file. An empty file is not read. */
int ig_target_digest(const struct ig_target *target, char hex[IG_SHA256_HEX + 1],
                     struct ig_error *e);

/* Has it changed since it was opened: size, mtime or ctime of the inode, or does the path lead to
 * another one? True with the sentence in E. */
bool ig_target_changed(const struct ig_target *target, const struct ig_fsroot *root,
                       struct ig_error *e);

#endif
