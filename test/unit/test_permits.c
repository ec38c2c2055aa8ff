/* SPDX-License-Identifier: Apache-2.0 */
/* Rules over hops that no file system is needed for; oracle_access.c asks the kernel. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "core/mem.h"
#include "fsroot/permits.h"

static const struct ig_cred user = {.uid = 1001, .gid = 1001};
static const struct ig_cred root = {.caps = UINT64_MAX};

/* "/" and a directory of the given mode and owner, a link in it, and the final file. */
static void make_hops(struct ig_hop hops[4], uint32_t mode, uint32_t owner, uint32_t link_owner,
                      bool trailing)
{
    hops[0] = (struct ig_hop){.kind = IG_HOP_DIRECTORY, .meta = {.mode = S_IFDIR | 0755}};
    hops[1] = (struct ig_hop){.kind = IG_HOP_DIRECTORY, .meta = {.mode = mode, .uid = owner}};
    hops[2] = (struct ig_hop){.kind = IG_HOP_LINK,
                              .meta = {.mode = S_IFLNK | 0777, .uid = link_owner},
                              .trailing = trailing};
    hops[3] = (struct ig_hop){.kind = IG_HOP_FINAL, .meta = {.mode = S_IFREG | 0755}};
}

static const struct {
    uint32_t mode, owner, link_owner;
    bool trailing, protected, unmapped, of_root;
    int failing; /* index of the hop, -1 where all permit */
} rows[] = {
    {S_IFDIR | 0755, 0, 0, true, true, false, false, -1},
    {S_IFDIR | 0750, 0, 0, true, true, false, false, 1},
    {S_IFDIR | 0750, 5, 0, true, true, false, true, -1},
    /* Sticky and world-writable: the link must be the follower's or the directory's owner's. */
    {S_IFDIR | 01777, 0, 5, true, true, false, false, 2},
    {S_IFDIR | 01777, 0, 5, true, false, false, false, -1},
    {S_IFDIR | 01777, 0, 5, false, true, false, false, -1},
    {S_IFDIR | 01777, 0, 1001, true, true, false, false, -1},
    {S_IFDIR | 01777, 5, 5, true, true, false, false, -1},
    {S_IFDIR | 01777, 0, 5, true, true, false, true, 2},
    {S_IFDIR | 00777, 0, 5, true, true, false, false, -1},
    {S_IFDIR | 01775, 0, 5, true, true, false, false, -1},
    {S_IFDIR | 01777, 65534, 65534, true, true, false, false, -1},
    {S_IFDIR | 01777, 65534, 65534, true, true, true, false, 2},
};

START_TEST(hops_decide)
{
    struct ig_hop hops[4];
    const struct ig_hop *failing = &hops[0];
    make_hops(hops, rows[_i].mode, rows[_i].owner, rows[_i].link_owner, rows[_i].trailing);
    struct ig_walk walk = {.hops = hops, .count = 4};
    bool permits = ig_walk_permits(&walk, rows[_i].of_root ? &root : &user, 1, rows[_i].unmapped,
                                   rows[_i].protected, &failing);
    ck_assert(permits == (rows[_i].failing < 0));
    ck_assert_ptr_eq(failing, rows[_i].failing < 0 ? NULL : &hops[rows[_i].failing]);
}
END_TEST

START_TEST(final_is_asked_for_may)
{
    struct ig_hop hops[4];
    const struct ig_hop *failing;
    make_hops(hops, S_IFDIR | 0755, 0, 0, true);
    struct ig_walk walk = {.hops = hops, .count = 4};
    ck_assert(ig_walk_permits(&walk, &user, 5, false, true, NULL));
    ck_assert(!ig_walk_permits(&walk, &user, 2, false, true, &failing));
    ck_assert_ptr_eq(failing, &hops[3]);
    hops[3].meta.mode = S_IFREG;
    ck_assert(ig_walk_permits(&walk, &user, 0, false, true, NULL));
}
END_TEST

START_TEST(failed_walk_never_permits)
{
    struct ig_hop hops[4];
    const struct ig_hop *failing = &hops[0];
    make_hops(hops, S_IFDIR | 0755, 0, 0, true);
    struct ig_walk walk = {.hops = hops, .count = 2, .error = ENOENT};
    ck_assert(!ig_walk_permits(&walk, &user, 1, false, true, &failing));
    ck_assert_ptr_null(failing);
    hops[1].meta.mode = S_IFDIR | 0700;
    ck_assert(!ig_walk_permits(&walk, &user, 1, false, true, &failing));
    ck_assert_ptr_eq(failing, &hops[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("permits");
    TCase *tc = tcase_create("all");
    tcase_add_loop_test(tc, hops_decide, 0, IG_COUNT(rows));
    tcase_add_test(tc, final_is_asked_for_may);
    tcase_add_test(tc, failed_walk_never_permits);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
