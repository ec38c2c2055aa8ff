/* SPDX-License-Identifier: Apache-2.0 */
/* What the oracles share: a random generator that gives the same trees on every machine, and
 * a mount namespace of their own, so that nothing they mount outlives them. */
#ifndef IG_TEST_TREE_H
#define IG_TEST_TREE_H

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* ctest's SKIP_RETURN_CODE. */
enum { TREE_SKIPPED = 77 };

struct rng {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to BELOW - 1. */
static inline size_t rng_below(struct rng *r, size_t below)
{
    return (size_t)(rng_next(r) % below);
}

/* True once in N. */
static inline int rng_one_in(struct rng *r, size_t n)
{
    return rng_below(r, n) == 0;
}

#define RNG_PICK(r, array) ((array)[rng_below((r), sizeof(array) / sizeof *(array))])

static inline void tree_die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}

#define MUST(call) \
    do { \
        if ((call) < 0) { \
            tree_die(#call); \
        } \
    } while (0)

/* The seed from the command line, 1 without. */
static inline uint64_t tree_seed(int argc, char **argv)
{
    return argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
}

/* Make a directory of our own and a private mount namespace; DIR (a mkdtemp(3) template)
 * receives its path. Exits with TREE_SKIPPED where that is not allowed. */
static inline void tree_enter_namespace(char *dir)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        fprintf(stderr, "skipped: needs root and CAP_SYS_ADMIN: %s\n", strerror(errno));
        exit(TREE_SKIPPED);
    }
    if (mkdtemp(dir) == NULL) {
        tree_die(dir);
    }
    MUST(chmod(dir, 0755));
}

#endif
