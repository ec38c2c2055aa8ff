/* SPDX-License-Identifier: Apache-2.0 */
/* The schema's text. That it accepts what the parser accepts, and refuses what
 * that refuses, is for an independent validator: test/cli/schema.sh. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "policy/json_strict.h"
#include "policy/policy.h"
#include "policy_table.h"

static struct ig_buf schema;

static void make_schema(void)
{
    ig_policy_schema(t_specs, &schema);
}

static void free_schema(void)
{
    ig_buf_free(&schema);
}

static size_t count(const char *words)
{
    size_t n = 0;
    for (const char *p = schema.data; (p = strstr(p, words)) != NULL; p += strlen(words)) {
        n++;
    }
    return n;
}

START_TEST(is_json)
{
    struct ig_error e = {0};
    ck_assert_msg(ig_json_strict(schema.data, schema.length, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(schema.length, strlen(schema.data));
}
END_TEST

/* Only "env" takes keys that no table names. */
START_TEST(closed_everywhere)
{
    size_t objects = count("\"type\": \"object\"");
    /* The whole, metadata, runAs, four subjects, a check each, and "owner" (also lifted). */
    ck_assert_uint_eq(objects - 1, 7 + 10 + 2);
    ck_assert_uint_eq(count("\"additionalProperties\": false"), objects - 1);
    ck_assert_uint_eq(count("\"properties\": {"), objects - 1);
    ck_assert_uint_eq(count("\"additionalProperties\": {\n        \"type\": \"string\""), 1);
}
END_TEST

/* Each key stands in the parser's table and so must stand here. */
START_TEST(every_key)
{
    for (size_t i = 0; t_specs[i] != NULL; i++) {
        char key[64];
        snprintf(key, sizeof key, "\"%s\": {\n", t_specs[i]->key);
        ck_assert_msg(count(key) > 0, "%s", key);
        snprintf(key, sizeof key, "\"description\": \"%s\"", t_specs[i]->summary);
        ck_assert_msg(count(key) > 0, "%s", key);
        for (const struct ig_param *p = t_specs[i]->params; p != NULL && p->name != NULL; p++) {
            snprintf(key, sizeof key, "\"%s\": {\n", p->name);
            ck_assert_msg(count(key) > 0, "%s", key);
            snprintf(key, sizeof key, "\"description\": \"%s\"", p->summary);
            ck_assert_msg(count(key) >= 1U + p->short_form, "%s", key);
        }
    }
}
END_TEST

static const char *const fragments[] = {
    "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n",
    "  \"required\": [\n    \"apiVersion\",\n    \"kind\"\n  ],\n",
    "    \"apiVersion\": {\n      \"const\": \"initgate.dev/v1\"\n    },\n",
    "        \"required\": [\n          \"mountPath\"\n        ]\n",
    "          \"maximum\": 4294967294\n",
    "            \"any\",\n                \"0\",\n                0,\n                \"1\",\n",
    "^(CAP_)?(CHOWN|DAC_OVERRIDE|",
    "|CHECKPOINT_RESTORE)$\"",
    "            \"pattern\": \"^[0-7]{3,4}$\"\n",
    "            \"minProperties\": 1\n",
};

/* Spaces vary with depth; what is compared is the order of lines. */
static bool contains(const char *fragment)
{
    for (const char *start = schema.data; *start != '\0'; start++) {
        const char *p = start;
        const char *f = fragment;
        while (*f != '\0' && *p != '\0') {
            p += strspn(p, " ");
            f += strspn(f, " ");
            if (*p != *f || *f == '\0') {
                break;
            }
            p++;
            f++;
        }
        if (*f == '\0') {
            return true;
        }
    }
    return false;
}

START_TEST(fragment)
{
    ck_assert_msg(contains(fragments[_i]), "%s", fragments[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tests = tcase_create("text");
    tcase_add_checked_fixture(tests, make_schema, free_schema);
    tcase_add_test(tests, is_json);
    tcase_add_test(tests, closed_everywhere);
    tcase_add_test(tests, every_key);
    tcase_add_loop_test(tests, fragment, 0, (int)IG_COUNT(fragments));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
