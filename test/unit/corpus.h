/* SPDX-License-Identifier: Apache-2.0 */
/* The captured pods of test/data/corpus. */
#ifndef IG_TEST_CORPUS_H
#define IG_TEST_CORPUS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const corpus_pods[] = {
    "default", "fsgroup", "hostpid", "privileged", "restricted", "sharedpid", "sysadmin",
};
enum { CORPUS_PODS = sizeof corpus_pods / sizeof *corpus_pods };

/* A whole file below test/data; malloc'd. */
static inline char *read_data(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", IG_TEST_DATA, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    size_t length = 0;
    size_t size = 1 << 20;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    length = fread(text, 1, size - 1, file);
    ck_assert_msg(length > 0 && length < size - 1, "%s: %zu bytes", path, length);
    text[length] = '\0';
    fclose(file);
    return text;
}

/* What POD's file has between "=== SECTION" and the next such line; malloc'd. */
static inline char *corpus_section(const char *pod, const char *section)
{
    char name[256];
    char head[256];
    snprintf(name, sizeof name, "corpus/kubernetes-1.36/%s.txt", pod);
    snprintf(head, sizeof head, "=== %s\n", section);
    char *text = read_data(name);
    char *start = strstr(text, head);
    ck_assert_msg(start != NULL, "%s has no section %s", name, section);
    start += strlen(head);
    char *end = strstr(start, "\n===");
    size_t length = end != NULL ? (size_t)(end - start) + 1 : strlen(start);
    memmove(text, start, length);
    text[length] = '\0';
    return text;
}

#endif
