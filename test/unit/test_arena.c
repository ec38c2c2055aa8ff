/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

static struct ig_arena arena;

static bool is_zero(const char *p, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Within the first chunk, from one chunk to the next, and past what chunks hold. */
static const size_t sizes[] = {0, 1, 100, 3000, 70000, 300000};

START_TEST(what_is_taken_is_zeroed_and_aligned)
{
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            ig_arena_text(&arena, "x", 1);
            char *p = ig_arena_alloc(&arena, sizes[i]);
            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
            ck_assert(is_zero(p, sizes[i]));
            memset(p, 0xff, sizes[i]);
        }
    }
    ig_arena_free(&arena);
}
END_TEST

START_TEST(nothing_can_be_taken_of_a_fresh_one)
{
    ck_assert_ptr_nonnull(ig_arena_array(&arena, 0, 8));
    ck_assert_uint_eq(arena.used, 0);
    ig_arena_free(&arena);
}
END_TEST

START_TEST(a_rewound_one_is_as_it_was)
{
    char *kept = ig_arena_text(&arena, "kept", 4);
    memset(ig_arena_alloc(&arena, 100), 0xff, 100);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ig_arena mark = arena;
        memset(ig_arena_alloc(&arena, sizes[i]), 0xff, sizes[i]);
        memset(ig_arena_alloc(&arena, 50), 0xff, 50);
        ck_assert_uint_ge(arena.used, mark.used + sizes[i] + 50);
        ig_arena_rewind(&arena, &mark);
        ck_assert_mem_eq(&arena, &mark, sizeof arena);
        ck_assert(is_zero(ig_arena_alloc(&arena, 200), 200));
        ck_assert_str_eq(kept, "kept");
    }
    ig_arena_free(&arena);
    ck_assert_uint_eq(arena.used, 0);
}
END_TEST

START_TEST(arrays_grow)
{
    unsigned *grown = NULL;
    for (unsigned i = 0; i < 5000; i++) {
        grown = ig_arena_room(&arena, grown, i, sizeof *grown);
        grown[i] = i;
    }
    unsigned *copy = ig_arena_grown(&arena, 4999, sizeof *copy);
    memcpy(copy, grown, 4999 * sizeof *copy);
    copy = ig_arena_room(&arena, copy, 4999, sizeof *copy);
    copy[4999] = 4999;
    ck_assert_mem_eq(copy, grown, 5000 * sizeof *copy);
    ig_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *t = tcase_create("arena");
    tcase_add_test(t, what_is_taken_is_zeroed_and_aligned);
    tcase_add_test(t, nothing_can_be_taken_of_a_fresh_one);
    tcase_add_test(t, a_rewound_one_is_as_it_was);
    tcase_add_test(t, arrays_grow);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
