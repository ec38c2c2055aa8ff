/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "kernel/meta.h"

/* setfacl -m u:1001:rx,g:2000:r on a 0640 file, as getxattr(2) gives it. */
static const unsigned char real_acl[] = {
    2, 0, 0, 0,
    0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
    0x02, 0, 5, 0, 0xe9, 0x03, 0, 0,
    0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
    0x08, 0, 4, 0, 0xd0, 0x07, 0, 0,
    0x10, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,
    0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};

START_TEST(acl_is_read)
{
    struct ig_meta meta = {.acl_error = EIO};
    ck_assert_int_eq(ig_acl_parse(real_acl, sizeof real_acl, &meta), 0);
    ck_assert_uint_eq(meta.acl_count, 6);
    ck_assert_int_eq(meta.acl_error, 0);
    ck_assert_uint_eq(meta.acl[1].tag, 0x02);
    ck_assert_uint_eq(meta.acl[1].perm, 5);
    ck_assert_uint_eq(meta.acl[1].id, 1001);
    ck_assert_uint_eq(meta.acl[3].id, 2000);
    ck_assert_uint_eq(meta.acl[5].tag, 0x20);
    ck_assert_uint_eq(meta.acl[5].id, UINT32_MAX);
    ig_meta_free(&meta);
    ck_assert_ptr_null(meta.acl);
    ck_assert_uint_eq(meta.acl_count, 0);
}
END_TEST

/* Every length but whole entries is refused, and nothing beyond it is read. */
START_TEST(acl_of_every_length)
{
    for (size_t n = 0; n <= sizeof real_acl; n++) {
        struct ig_meta meta = {0};
        unsigned char *part = malloc(n != 0 ? n : 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, real_acl, n);
        bool whole = n >= 4 && (n - 4) % 8 == 0;
        ck_assert_int_eq(ig_acl_parse(part, n, &meta), whole ? 0 : -1);
        ck_assert_int_eq(meta.acl_error, whole ? 0 : EINVAL);
        ck_assert_uint_eq(meta.acl_count, whole ? (n - 4) / 8 : 0);
        ig_meta_free(&meta);
        free(part);
    }
}
END_TEST

START_TEST(acl_version_must_be_2)
{
    struct ig_meta meta = {0};
    unsigned char value[sizeof real_acl];
    memcpy(value, real_acl, sizeof value);
    value[0] = 1;
    ck_assert_int_eq(ig_acl_parse(value, sizeof value, &meta), -1);
    ck_assert_int_eq(meta.acl_error, EINVAL);
    ck_assert_ptr_null(meta.acl);
    value[0] = 2;
    value[3] = 1;
    ck_assert_int_eq(ig_acl_parse(value, sizeof value, &meta), -1);
}
END_TEST

START_TEST(acl_has_a_limit)
{
    struct ig_meta meta = {0};
    size_t most = 4 + (size_t)8 * IG_ACL_ENTRIES_MAX;
    unsigned char *value = ig_alloc(most + 8);
    value[0] = 2;
    ck_assert_int_eq(ig_acl_parse(value, most, &meta), 0);
    ck_assert_uint_eq(meta.acl_count, IG_ACL_ENTRIES_MAX);
    ck_assert_int_eq(ig_acl_parse(value, most + 8, &meta), -1);
    ck_assert_uint_eq(meta.acl_count, 0);
    free(value);
}
END_TEST

START_TEST(copy_is_deep)
{
    struct ig_meta from = {.mode = S_IFREG | 0640, .ino = 7};
    struct ig_meta to;
    ck_assert_int_eq(ig_acl_parse(real_acl, sizeof real_acl, &from), 0);
    ig_meta_copy(&to, &from);
    from.acl[1].id = 5;
    ig_meta_free(&from);
    ck_assert_uint_eq(to.ino, 7);
    ck_assert_uint_eq(to.acl_count, 6);
    ck_assert_uint_eq(to.acl[1].id, 1001);
    ig_meta_free(&to);
    ig_meta_copy(&to, &from);
    ck_assert_ptr_null(to.acl);
}
END_TEST

static const struct {
    uint32_t mode;
    const char *name;
} types[] = {
    {S_IFREG | 0644, "regular file"},   {S_IFDIR | 0755, "directory"},
    {S_IFIFO, "FIFO"},                  {S_IFSOCK, "socket"},
    {S_IFCHR, "character device"},      {S_IFBLK, "block device"},
    {S_IFLNK | 0777, "symbolic link"},  {0644, "file of unknown type"},
};

START_TEST(types_have_names)
{
    struct ig_meta meta = {.mode = types[_i].mode};
    ck_assert_str_eq(ig_meta_type(&meta), types[_i].name);
    ck_assert(ig_meta_is(&meta, types[_i].mode & S_IFMT));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("meta");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, acl_is_read);
    tcase_add_test(tc, acl_of_every_length);
    tcase_add_test(tc, acl_version_must_be_2);
    tcase_add_test(tc, acl_has_a_limit);
    tcase_add_test(tc, copy_is_deep);
    tcase_add_loop_test(tc, types_have_names, 0, IG_COUNT(types));
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
