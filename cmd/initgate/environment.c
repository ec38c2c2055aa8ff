/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "options.h"

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What the kubelet injects for Services named initgate or initgate-...: NAME_SERVICE_HOST,
 * NAME_SERVICE_PORT, NAME_SERVICE_PORT_<port name>, NAME_PORT and NAME_PORT_<n>_<protocol>... */
static bool injected_for_service(const char *name)
{
    const char *rest = name + strlen("INITGATE");
    for (const char *at = rest; at != NULL; at = strchr(at + 1, '_')) {
        if (strcmp(at, "_SERVICE_HOST") == 0 || has_prefix(at, "_SERVICE_PORT") ||
            strcmp(at, "_PORT") == 0 || has_prefix(at, "_PORT_")) {
            return true;
        }
    }
    return false;
}

static bool known(const char *name)
{
    const struct option *table = option_table();
    for (int i = 0; i < OPT_COUNT; i++) {
        if (table[i].variable != NULL && strcmp(table[i].variable, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Is NAME what a variable for the flag FLAG would be called: INITGATE_WARN_ONLY for "warn-only"? */
static bool is_flag_of(const char *name, const char *flag)
{
    const char *word = name + strlen("INITGATE_");
    for (; *word != '\0' && *flag != '\0'; word++, flag++) {
        if (*word != (*flag == '-' ? '_' : *flag - 'a' + 'A')) {
            return false;
        }
    }
    return *word == *flag;
}

static const char *nearest(const char *name)
{
    const struct option *table = option_table();
    const char *names[OPT_COUNT + 1] = {0};
    size_t n = 0;
    size_t prefix = strlen("INITGATE_");
    /* With what they have in common, any short name would be near to any other. */
    for (int i = 0; i < OPT_COUNT; i++) {
        if (table[i].variable != NULL) {
            names[n++] = table[i].variable + prefix;
        }
    }
    const char *near = ig_suggest(name + prefix, names);
    return near != NULL ? near - prefix : NULL;
}

static int unknown(const char *name, struct ig_error *e)
{
    const struct option *table = option_table();
    for (int i = 0; i < OPT_COUNT; i++) {
        if (table[i].variable == NULL && is_flag_of(name, table[i].name)) {
            return ig_error_set(e, 0, "unknown variable %s; only the flag --%s does that", name,
                                table[i].name);
        }
    }
    const char *near = nearest(name);
    return ig_error_set(e, 0, "unknown variable %s%s%s%s", name,
                        near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                        near != NULL ? "?" : "");
}

int options_check_environment(struct ig_error *e)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (!has_prefix(*entry, "INITGATE_")) {
            continue;
        }
        const char *equals = strchr(*entry, '=');
        size_t length = equals != NULL ? (size_t)(equals - *entry) : strlen(*entry);
        IG_AUTO_FREE char *name = ig_strndup(*entry, length);
        if (!known(name)) {
            if (injected_for_service(name)) {
                continue;
            }
            return unknown(name, e);
        }
        if (equals == NULL || equals[1 + strspn(equals + 1, " \t\r\n")] == '\0') {
            return ig_error_set(e, 0, "%s: is empty; set it or remove it", name);
        }
    }
    return 0;
}
