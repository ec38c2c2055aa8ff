/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/mem.h"
#include "elf/hardening_priv.h"

/* Functions that glibc has a checked form __NAME_chk of (2.36, and what 2.41 has more); sorted. */
static const char *const fortifiable[] = {
    "asprintf", "confstr", "dprintf", "explicit_bzero", "fgets", "fgets_unlocked", "fgetws",
    "fgetws_unlocked", "fprintf", "fread", "fread_unlocked", "fwprintf", "getcwd", "getdomainname",
    "getgroups", "gethostname", "getlogin_r", "gets", "getwd", "longjmp", "mbsnrtowcs",
    "mbsrtowcs", "mbstowcs", "memcpy", "memmove", "mempcpy", "memset", "obstack_printf",
    "obstack_vprintf", "poll", "ppoll", "pread", "pread64", "printf", "ptsname_r", "read",
    "readlink", "readlinkat", "realpath", "recv", "recvfrom", "snprintf", "sprintf", "stpcpy",
    "stpncpy", "strcat", "strcpy", "strlcat", "strlcpy", "strncat", "strncpy", "swprintf", "syslog",
    "ttyname_r", "vasprintf", "vdprintf", "vfprintf", "vfwprintf", "vprintf", "vsnprintf",
    "vsprintf", "vswprintf", "vsyslog", "vwprintf", "wcpcpy", "wcpncpy", "wcrtomb", "wcscat",
    "wcscpy", "wcslcat", "wcslcpy", "wcsncat", "wcsncpy", "wcsnrtombs", "wcsrtombs", "wcstombs",
    "wctomb", "wmemcpy", "wmemmove", "wmempcpy", "wmemset", "wprintf",
};

/* Defined or not: libc.so.6 has it, and uses it. */
static const char *const protectors[] = {"__stack_chk_fail", "__stack_chk_guard",
                                         "__intel_security_cookie"};

static int compare(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

static bool is_fortifiable(const char *name)
{
    return bsearch(name, fortifiable, IG_COUNT(fortifiable), sizeof *fortifiable, compare) != NULL;
}

static bool is_fortified(const char *name)
{
    size_t length = strlen(name);
    return length > 6 && strncmp(name, "__", 2) == 0 && strcmp(name + length - 4, "_chk") == 0;
}

static void add_unfortified(struct ig_hardening *h, const char *name)
{
    for (size_t i = 0; i < h->unfortified_count; i++) {
        if (strcmp(h->unfortified[i], name) == 0) {
            return;  /* another version of it; a hostile file has it a million times */
        }
    }
    h->unfortified = ig_realloc_array(h->unfortified, h->unfortified_count + 1,
                                      sizeof *h->unfortified);
    h->unfortified[h->unfortified_count++] = ig_strdup(name);
}

static void take_symbol(const struct ig_symbol *symbol, struct ig_hardening *h)
{
    for (size_t i = 0; i < IG_COUNT(protectors); i++) {
        if (strcmp(symbol->name, protectors[i]) == 0) {
            h->stack_protector = IG_ANSWER_YES;
        }
    }
    if (symbol->defined) {
        return;
    }
    if (is_fortified(symbol->name)) {
        h->fortified_count++;
    } else if (is_fortifiable(symbol->name)) {
        add_unfortified(h, symbol->name);
    }
}

static bool uses_glibc(const struct ig_dynamic *d)
{
    for (size_t i = 0; i < d->version_need_count; i++) {
        if (strncmp(d->version_needs[i].version, "GLIBC_", 6) == 0) {
            return true;
        }
    }
    return false;
}

int ig_hardening_symbols(const struct ig_view *view, const struct ig_dynamic *dynamic,
                         struct ig_hardening *h, struct ig_error *e)
{
    struct ig_symbols symbols;
    char *fault = NULL;
    if (ig_symbols_parse(view->from, view->image, dynamic, &symbols, &fault, e) != 0) {
        return -1;
    }
    h->stack_protector = IG_ANSWER_NO;
    for (size_t i = 0; i < symbols.count; i++) {
        take_symbol(&symbols.list[i], h);
    }
    h->fortify = h->fortified_count > 0 || h->unfortified_count == 0 ? IG_ANSWER_YES : IG_ANSWER_NO;
    if (h->fortify == IG_ANSWER_NO && !uses_glibc(dynamic)) {
        h->fortify = IG_ANSWER_UNKNOWN;
        h->fortify_why = "its C library is not glibc, and others leave no trace of FORTIFY";
    }
    if (fault != NULL && h->fault == NULL) {
        h->fault = IG_STEAL(fault);
    }
    free(fault);
    ig_symbols_free(&symbols);
    return 0;
}
