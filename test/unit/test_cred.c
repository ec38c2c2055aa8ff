/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each rule; oracle_access.c asks the kernel about the rest. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "core/mem.h"
#include "kernel/cred.h"

enum { R = 4, W = 2, X = 1 };
enum { UO = 0x01, U = 0x02, GO = 0x04, G = 0x08, M = 0x10, O = 0x20 };
#define NONE UINT32_MAX
#define DIR S_IFDIR
#define REG S_IFREG

static uint32_t two_groups[] = {2000, 3000};

static const struct ig_cred root = {.caps = IG_CAPS_RUNTIME_DEFAULT};
static const struct ig_cred powerless_root = {.uid = 0};
static const struct ig_cred searching_root = {.caps = UINT64_C(1) << IG_CAP_DAC_READ_SEARCH};
static const struct ig_cred user = {.uid = 1001, .gid = 1001, .caps = UINT64_MAX};
static const struct ig_cred grouped = {
    .uid = 1001, .gid = 1001, .groups = two_groups, .group_count = 2};
static const struct ig_cred nobody = {.uid = 65534, .gid = 65534};

static const struct {
    const struct ig_cred *cred;
    uint32_t mode, uid, gid;
    unsigned may;
    bool unmapped, permitted;
} modes[] = {
    /* The first class that matches decides, even where a later one would grant. */
    {&user, REG | 0500, 1001, 0, R | X, false, true},
    {&user, REG | 0077, 1001, 1001, R, false, false},
    {&user, REG | 0050, 0, 1001, R | X, false, true},
    {&user, REG | 0007, 0, 1001, X, false, false},
    {&user, REG | 0005, 0, 0, R | X, false, true},
    {&user, REG | 0770, 0, 0, X, false, false},
    {&user, REG | 0754, 0, 0, R, false, true},
    {&user, REG | 0754, 0, 0, R | X, false, false},
    {&user, REG | 0754, 0, 0, W, false, false},
    {&grouped, REG | 0050, 0, 3000, X, false, true},
    {&grouped, REG | 0050, 0, 4000, X, false, false},
    {&grouped, REG | 0005, 0, 2000, X, false, false},
    /* Capabilities are uid 0's only, whatever the bounding set of another holds. */
    {&user, REG | 0700, 0, 0, X, false, false},
    {&root, REG | 0700, 1001, 1001, R | W | X, false, true},
    {&powerless_root, REG | 0700, 1001, 1001, X, false, false},
    {&powerless_root, REG | 0705, 1001, 1001, X, false, true},
    {&powerless_root, REG | 0700, 0, 1001, X, false, true},
    /* CAP_DAC_OVERRIDE executes only where anybody may. */
    {&root, REG | 0666, 1001, 1001, X, false, false},
    {&root, REG | 0600, 0, 0, X, false, false},
    {&root, REG | 0610, 1001, 1001, R | X, false, true},
    {&root, REG | 0000, 1001, 1001, R | W, false, true},
    {&root, DIR | 0000, 1001, 1001, R | W | X, false, true},
    /* CAP_DAC_READ_SEARCH: read a file; read and search a directory. */
    {&searching_root, REG | 0000, 1001, 1001, R, false, true},
    {&searching_root, REG | 0111, 1001, 1001, R | X, false, false},
    {&searching_root, REG | 0700, 1001, 1001, X, false, false},
    {&searching_root, REG | 0000, 1001, 1001, W, false, false},
    {&searching_root, DIR | 0000, 1001, 1001, R | X, false, true},
    {&searching_root, DIR | 0000, 1001, 1001, W, false, false},
    /* An owner without an id here: no capability holds, and nobody is that owner. */
    {&root, REG | 0700, 65534, 0, X, true, false},
    {&root, REG | 0700, 0, 65534, X, true, true},
    {&root, REG | 0070, 1001, 65534, X, true, false},
    {&root, DIR | 0700, 65534, 65534, X, true, false},
    {&root, DIR | 0700, 65534, 65534, X, false, true},
    {&root, REG | 0705, 65534, 65534, X, true, true},
    {&nobody, REG | 0700, 65534, 0, X, false, true},
    {&nobody, REG | 0700, 65534, 0, X, true, false},
    {&nobody, REG | 0070, 0, 65534, X, false, true},
    {&nobody, REG | 0070, 0, 65534, X, true, false},
    /* Asking for nothing is always granted. */
    {&user, REG | 0000, 0, 0, 0, false, true},
};

START_TEST(modes_decide)
{
    struct ig_meta meta = {.mode = modes[_i].mode, .uid = modes[_i].uid, .gid = modes[_i].gid};
    ck_assert(ig_cred_may(modes[_i].cred, &meta, modes[_i].may, modes[_i].unmapped) ==
              modes[_i].permitted);
}
END_TEST

static const struct {
    const char *what;
    const struct ig_cred *cred;
    uint32_t mode, uid, gid;
    struct ig_acl_entry acl[7];
    size_t count;
    unsigned may;
    bool permitted;
} acls[] = {
    {"the owner's entry is the mode", &user, REG | 0770, 1001, 0,
     {{UO, 7, NONE}, {GO, 0, NONE}, {O, 0, NONE}}, 3, X, true},
    {"named user", &user, REG | 0750, 0, 0,
     {{UO, 7, NONE}, {U, 5, 1001}, {GO, 0, NONE}, {M, 5, NONE}, {O, 0, NONE}}, 5, R | X, true},
    {"named user under a mask", &user, REG | 0740, 0, 0,
     {{UO, 7, NONE}, {U, 7, 1001}, {GO, 0, NONE}, {M, 4, NONE}, {O, 7, NONE}}, 5, X, false},
    {"named user comes before groups", &user, REG | 0770, 0, 1001,
     {{UO, 7, NONE}, {U, 0, 1001}, {GO, 7, NONE}, {M, 7, NONE}, {O, 7, NONE}}, 5, X, false},
    {"another named user", &user, REG | 0750, 0, 0,
     {{UO, 7, NONE}, {U, 7, 1002}, {GO, 0, NONE}, {M, 7, NONE}, {O, 0, NONE}}, 5, X, false},
    {"any matching group that grants", &grouped, REG | 0770, 0, 2000,
     {{UO, 7, NONE}, {GO, 0, NONE}, {G, 7, 3000}, {M, 7, NONE}, {O, 0, NONE}}, 5, X, true},
    {"a matching group that does not grant bars other", &grouped, REG | 0770, 0, 0,
     {{UO, 7, NONE}, {GO, 7, NONE}, {G, 4, 3000}, {M, 7, NONE}, {O, 7, NONE}}, 5, X, false},
    {"one group must grant all", &grouped, REG | 0770, 0, 2000,
     {{UO, 7, NONE}, {GO, 4, NONE}, {G, 1, 3000}, {M, 7, NONE}, {O, 7, NONE}}, 5, R | X, false},
    {"the owning group is masked too", &grouped, REG | 0740, 0, 2000,
     {{UO, 7, NONE}, {GO, 7, NONE}, {G, 7, 9}, {M, 4, NONE}, {O, 7, NONE}}, 5, X, false},
    {"other where nothing matches", &user, REG | 0755, 0, 0,
     {{UO, 7, NONE}, {GO, 0, NONE}, {G, 7, 9}, {M, 5, NONE}, {O, 5, NONE}}, 5, X, true},
    {"other is not masked", &user, REG | 0745, 0, 0,
     {{UO, 7, NONE}, {GO, 0, NONE}, {G, 7, 9}, {M, 4, NONE}, {O, 5, NONE}}, 5, X, true},
    {"no group bit: the kernel skips the ACL", &user, REG | 0701, 0, 0,
     {{UO, 7, NONE}, {U, 0, 1001}, {GO, 0, NONE}, {M, 0, NONE}, {O, 1, NONE}}, 5, X, true},
    {"an unknown tag", &user, REG | 0777, 0, 0, {{UO, 7, NONE}, {0x40, 7, NONE}, {O, 7, NONE}}, 3,
     X, false},
    {"no entry for other", &user, REG | 0777, 0, 0, {{UO, 7, NONE}, {GO, 7, NONE}}, 2, X, false},
    {"capabilities override what an ACL denies", &root, REG | 0770, 1, 1,
     {{UO, 7, NONE}, {U, 0, 0}, {GO, 0, NONE}, {M, 7, NONE}, {O, 0, NONE}}, 5, X, true},
    {"but not a broken ACL", &root, REG | 0777, 1, 1, {{UO, 7, NONE}, {0x40, 7, NONE}}, 2, X,
     false},
};

START_TEST(acls_decide)
{
    struct ig_meta meta = {.mode = acls[_i].mode,
                           .uid = acls[_i].uid,
                           .gid = acls[_i].gid,
                           .acl = (struct ig_acl_entry *)acls[_i].acl,
                           .acl_count = acls[_i].count};
    ck_assert_msg(ig_cred_may(acls[_i].cred, &meta, acls[_i].may, false) == acls[_i].permitted,
                  "%s", acls[_i].what);
}
END_TEST

START_TEST(unreadable_acl_denies)
{
    struct ig_meta meta = {.mode = REG | 0777, .uid = 5, .gid = 5, .acl_error = EIO};
    ck_assert(!ig_cred_may(&user, &meta, X, false));
    ck_assert(ig_cred_may(&root, &meta, X, false));
    /* It does not concern the owner, nor a mode without group bits. */
    meta.uid = 1001;
    ck_assert(ig_cred_may(&user, &meta, X, false));
    meta.uid = 5;
    meta.mode = REG | 0701;
    ck_assert(ig_cred_may(&user, &meta, X, false));
}
END_TEST

START_TEST(unmapped_group_is_nobodys)
{
    struct ig_acl_entry entries[] = {{UO, 7, NONE}, {GO, 7, NONE}, {G, 0, 9}, {M, 7, NONE},
                                     {O, 0, NONE}};
    struct ig_meta meta = {
        .mode = REG | 0770, .gid = 65534, .acl = entries, .acl_count = IG_COUNT(entries)};
    ck_assert(ig_cred_may(&nobody, &meta, X, false));
    ck_assert(!ig_cred_may(&nobody, &meta, X, true));
}
END_TEST

START_TEST(effective_set_is_root_s)
{
    ck_assert_uint_eq(ig_cred_effective(&root), IG_CAPS_RUNTIME_DEFAULT);
    ck_assert_uint_eq(ig_cred_effective(&user), 0);
    ck_assert_uint_eq(ig_cred_effective(&powerless_root), 0);
}
END_TEST

START_TEST(groups_are_searched)
{
    ck_assert(ig_cred_in_group(&grouped, 1001));
    ck_assert(ig_cred_in_group(&grouped, 3000));
    ck_assert(!ig_cred_in_group(&grouped, 4000));
    ck_assert(!ig_cred_in_group(&user, 0));
}
END_TEST

static const struct {
    const char *name;
    int number;
} caps[] = {
    {"CAP_CHOWN", 0},   {"chown", 0},          {"DAC_OVERRIDE", IG_CAP_DAC_OVERRIDE},
    {"cap_sys_admin", IG_CAP_SYS_ADMIN},       {"Cap_Dac_Read_Search", IG_CAP_DAC_READ_SEARCH},
    {"CHECKPOINT_RESTORE", 40},                {"AUDIT_READ", 37},
    {"SETFCAP", 31},    {"MKNOD", 27},         {"", -1},
    {"CAP_", -1},       {"ALL", -1},           {"CAP_CAP_CHOWN", -1},
    {"CHOWN ", -1},     {"CAP", -1},
};

START_TEST(capabilities_have_names)
{
    ck_assert_int_eq(ig_cap_from_name(caps[_i].name), caps[_i].number);
}
END_TEST

START_TEST(names_and_numbers_agree)
{
    int known = 0;
    for (int i = 0; i <= IG_CAP_LAST; i++) {
        const char *name = ig_cap_name(i);
        if (name != NULL) {
            ck_assert_int_eq(ig_cap_from_name(name), i);
            known++;
        }
    }
    ck_assert_int_eq(known, 41);
    ck_assert_ptr_null(ig_cap_name(-1));
    ck_assert_ptr_null(ig_cap_name(41));
}
END_TEST

/* The comment in cred.h, name by name. */
START_TEST(runtime_default_is_the_fourteen)
{
    static const char *const names[] = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL",
                                        "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE",
                                        "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP"};
    uint64_t set = 0;
    for (size_t i = 0; i < IG_COUNT(names); i++) {
        set |= UINT64_C(1) << ig_cap_from_name(names[i]);
    }
    ck_assert_uint_eq(set, IG_CAPS_RUNTIME_DEFAULT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cred");
    TCase *tc = tcase_create("all");
    tcase_add_loop_test(tc, modes_decide, 0, IG_COUNT(modes));
    tcase_add_loop_test(tc, acls_decide, 0, IG_COUNT(acls));
    tcase_add_test(tc, unreadable_acl_denies);
    tcase_add_test(tc, unmapped_group_is_nobodys);
    tcase_add_test(tc, effective_set_is_root_s);
    tcase_add_test(tc, groups_are_searched);
    tcase_add_loop_test(tc, capabilities_have_names, 0, IG_COUNT(caps));
    tcase_add_test(tc, names_and_numbers_agree);
    tcase_add_test(tc, runtime_default_is_the_fourteen);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
