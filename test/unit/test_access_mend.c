/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of volume.access over plain metadata. That they are the kernel's, and that what they
 * advise mends, test/cli/oracle_volume_access.py shows on real trees. */
#include <check.h>
#include <stdlib.h>

#include "checks/access_mend.h"
#include "core/mem.h"

enum { R = IG_WANT_READ, W = IG_WANT_WRITE, X = IG_WANT_EXECUTE, S = IG_WANT_SEARCH };

static const struct {
    uint32_t mode;
    unsigned wants, bits;
} bits_rows[] = {
    {S_IFREG, R, 4},      {S_IFREG, W, 6},     {S_IFREG, X, 1},      {S_IFREG, R | X, 5},
    {S_IFREG, S, 0},      {S_IFDIR, R, 5},     {S_IFDIR, W, 7},      {S_IFDIR, X, 1},
    {S_IFDIR, S, 1},      {S_IFDIR, 0, 0},     {S_IFIFO, R, 4},      {S_IFIFO, W, 6},
    {S_IFIFO, X, 0},      {S_IFSOCK, R, 0},    {S_IFSOCK, W, 2},     {S_IFSOCK, X, 0},
    {S_IFLNK, R | W, 0},  {S_IFCHR, R | W, 0}, {S_IFBLK, R | W, 0},
};

START_TEST(bits)
{
    ck_assert_uint_eq(ig_want_bits(bits_rows[_i].mode | 0777, bits_rows[_i].wants),
                      bits_rows[_i].bits);
}
END_TEST

/* Each shape: mode, owner, wants, affected (0: the same), idmapped. */
struct shape_row {
    uint32_t mode, uid, gid;
    unsigned wants, affected;
    bool idmapped;
};

static const struct mend_row {
    struct shape_row shapes[3];
    enum ig_volume_sort sort;
    struct ig_mend mend;
} mend_rows[] = {
    /* Nothing to mend. */
    {{{S_IFREG | 0666, 0, 0, W, 0, false}}, IG_VOLUME_MANAGED, {.kind = IG_MEND_NONE}},
    /* fsGroup, where the kubelet applies it; it gives no file an execute bit. */
    {{{S_IFREG | 0600, 0, 0, W, 0, false}}, IG_VOLUME_MANAGED,
     {.kind = IG_MEND_FS_GROUP, .gid = 1001}},
    {{{S_IFREG | 0000, 0, 0, R, 0, false}, {S_IFDIR | 0000, 0, 0, W, 0, false}},
     IG_VOLUME_MANAGED, {.kind = IG_MEND_FS_GROUP, .gid = 1001}},
    {{{S_IFREG | 0644, 0, 0, X, 0, false}}, IG_VOLUME_MANAGED,
     {.kind = IG_MEND_COMMANDS, .on[2] = {false, IG_CLASS_OTHER}}},
    {{{S_IFREG | 0710, 0, 0, X, 0, false}}, IG_VOLUME_MANAGED,
     {.kind = IG_MEND_FS_GROUP, .gid = 1001}},
    /* In the group then, whose bits lack what the others' have. */
    {{{S_IFREG | 0600, 0, 0, R, 0, false}, {S_IFREG | 0705, 0, 0, X, 0, false}},
     IG_VOLUME_MANAGED,
     {.kind = IG_MEND_COMMANDS, .on[0] = {false, IG_CLASS_OTHER}}},
    /* What the kubelet writes gets no group write. */
    {{{S_IFREG | 0400, 0, 0, R, 0, false}}, IG_VOLUME_ATOMIC,
     {.kind = IG_MEND_FS_GROUP, .gid = 1001}},
    {{{S_IFREG | 0400, 0, 0, W, 0, false}}, IG_VOLUME_ATOMIC, {.kind = IG_MEND_NONE}},
    {{{S_IFREG | 0644, 0, 0, X, 0, false}}, IG_VOLUME_ATOMIC,
     {.kind = IG_MEND_DEFAULT_MODE, .mode = 0555}},
    /* One group for all; never root's. */
    {{{S_IFREG | 0660, 0, 2000, W, 0, false}, {S_IFREG | 0666, 0, 0, W, 0, false}},
     IG_VOLUME_PLAIN, {.kind = IG_MEND_SUPPLEMENTAL, .gid = 2000}},
    {{{S_IFREG | 0660, 0, 0, W, 0, false}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[1] = {true, 0}}},
    {{{S_IFREG | 0660, 0, 2000, R, 0, false}, {S_IFREG | 0660, 0, 2001, R, 0, false}},
     IG_VOLUME_PLAIN, {.kind = IG_MEND_COMMANDS, .on[0] = {false, IG_CLASS_OTHER}}},
    /* The least class; never write for everyone. */
    {{{S_IFREG | 0000, 1001, 0, W, 0, false}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[1] = {false, IG_CLASS_USER}}},
    {{{S_IFREG | 0640, 0, 1001, W, 0, false}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[1] = {false, IG_CLASS_GROUP}}},
    {{{S_IFREG | 0040, 1001, 0, W, 0, false}, {S_IFREG | 0640, 0, 1001, W, 0, false}},
     IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[1] = {false, IG_CLASS_USER | IG_CLASS_GROUP}}},
    {{{S_IFREG | 0644, 0, 0, W, 0, false}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[1] = {true, 0}}},
    {{{S_IFREG | 0444, 0, 0, W, 0, false}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[1] = {true, IG_CLASS_USER}}},
    /* Each want by itself; a folder on the way is only opened. */
    {{{S_IFREG | 0644, 0, 0, W, 0, false}, {S_IFREG | 0600, 0, 0, R, 0, false},
      {S_IFDIR | 0700, 0, 0, S, 0, false}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[0] = {false, IG_CLASS_OTHER}, .on[1] = {true, 0},
      .on[3] = {false, IG_CLASS_OTHER}}},
    /* A chown -R of the same folder would take from what may be written now. */
    {{{S_IFREG | 0006, 0, 0, W, W | X, false}, {S_IFREG | 0011, 1002, 1001, X, 0, false},
      {S_IFREG | 0100, 1002, 0, X, 0, false}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[2] = {false, IG_CLASS_OTHER}}},
    /* An id that the mount does not map: only a new owner helps. */
    {{{S_IFREG | 0666, 65534, 0, W, 0, true}}, IG_VOLUME_PLAIN,
     {.kind = IG_MEND_COMMANDS, .on[1] = {true, 0}}},
};

START_TEST(least_change)
{
    const struct mend_row *row = &mend_rows[_i];
    const struct ig_cred cred = {.uid = 1001, .gid = 1001};
    struct ig_access_shapes shapes = {0};
    for (size_t i = 0; i < IG_COUNT(row->shapes) && row->shapes[i].wants != 0; i++) {
        const struct shape_row *s = &row->shapes[i];
        const struct ig_meta meta = {.mode = s->mode, .uid = s->uid, .gid = s->gid};
        const struct ig_access_who who = {.unmapped = s->idmapped, .idmapped = s->idmapped};
        /* Twice: it is one shape. */
        for (int n = 0; n < 2; n++) {
            ig_access_shapes_add(&shapes, &who, &meta, s->wants,
                                 s->affected != 0 ? s->affected : s->wants);
        }
        ck_assert_uint_eq(shapes.count, i + 1);
    }
    struct ig_mend mend = ig_mend_find(&shapes, &cred, row->sort);
    ck_assert_int_eq(mend.kind, row->mend.kind);
    ck_assert_uint_eq(mend.gid, row->mend.gid);
    ck_assert_uint_eq(mend.mode, row->mend.mode);
    for (size_t i = 0; i < IG_WANT_KINDS; i++) {
        ck_assert_msg(mend.on[i].chown == row->mend.on[i].chown &&
                          mend.on[i].classes == row->mend.on[i].classes,
                      "want %zu: chown %d classes %u", i, mend.on[i].chown, mend.on[i].classes);
    }
    ig_access_shapes_free(&shapes);
}
END_TEST

/* fsGroup sets the mask, but the entry of the owning group keeps what it had. */
START_TEST(fs_group_under_an_acl)
{
    struct ig_acl_entry acl[] = {{0x01, 6, UINT32_MAX}, {0x04, 0, UINT32_MAX}, {0x08, 4, 3000},
                                 {0x10, 4, UINT32_MAX}, {0x20, 0, UINT32_MAX}};
    const struct ig_meta meta = {.mode = S_IFREG | 0640, .acl = acl, .acl_count = IG_COUNT(acl)};
    const struct ig_cred cred = {.uid = 1001, .gid = 1001};
    const struct ig_access_who who = {.cred = cred};
    struct ig_access_shapes shapes = {0};
    ck_assert(!ig_access_may(&who, &meta, R));
    ig_access_shapes_add(&shapes, &who, &meta, R, R);
    struct ig_mend mend = ig_mend_find(&shapes, &cred, IG_VOLUME_MANAGED);
    ck_assert_int_eq(mend.kind, IG_MEND_COMMANDS);
    ck_assert_uint_eq(mend.on[0].classes, IG_CLASS_OTHER);
    ig_access_shapes_free(&shapes);
}
END_TEST

/* To list a folder a capability is enough, to create in it the owner's bits. */
START_TEST(folder_asked_apart)
{
    const struct ig_meta folder = {.mode = S_IFDIR | 0300};
    const struct ig_meta file = {.mode = S_IFREG | 0200};
    const struct ig_access_who who = {.cred = {.caps = UINT64_C(1) << IG_CAP_DAC_READ_SEARCH}};
    ck_assert(ig_access_may(&who, &folder, W));
    ck_assert(ig_access_may(&who, &file, R));
    ck_assert(!ig_access_may(&who, &file, W));
}
END_TEST

START_TEST(many_shapes)
{
    const struct ig_access_who who = {0};
    struct ig_access_shapes shapes = {0};
    for (uint32_t i = 0; i < 5000; i++) {
        const struct ig_meta meta = {.mode = S_IFREG | 0600, .uid = i % 2500, .gid = i % 3};
        ig_access_shapes_add(&shapes, &who, &meta, R, R);
    }
    ck_assert_uint_eq(shapes.count, 5000);
    ig_access_shapes_free(&shapes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("access_mend");
    TCase *tests = tcase_create("rules");
    tcase_add_loop_test(tests, bits, 0, (int)IG_COUNT(bits_rows));
    tcase_add_loop_test(tests, least_change, 0, (int)IG_COUNT(mend_rows));
    tcase_add_test(tests, fs_group_under_an_acl);
    tcase_add_test(tests, folder_asked_apart);
    tcase_add_test(tests, many_shapes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
