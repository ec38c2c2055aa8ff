/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "core/mem.h"
#include "replace.h"
#include "watchdog.h"

static int parse_without(const char *text, struct ig_measure_volumes *v, struct ig_error *e)
{
    for (const char *p = text; p != NULL;) {
        size_t n = strcspn(p, ",");
        if (n == 5 && strncmp(p, "owner", n) == 0) {
            v->without_owner = true;
        } else if (n == 4 && strncmp(p, "mode", n) == 0) {
            v->without_mode = true;
        } else {
            return ig_error_set(e, 0, "--without: \"%s\" is none of owner, mode and owner,mode",
                                text);
        }
        p = p[n] == ',' ? p + n + 1 : NULL;
    }
    return 0;
}

/* As the policy takes it ("ignore"), or a policy that verify refuses would be printed. */
static bool is_plain(const char *path)
{
    for (;; path++) {
        size_t n = strcspn(path, "/");
        if (n == 0 || (n == 1 && *path == '.') || (n == 2 && strncmp(path, "..", 2) == 0)) {
            return false;
        }
        path += n;
        if (path[0] == '\0' || strcmp(path, "/") == 0) {
            return true;
        }
    }
}

static int take_flags(const struct options *o, struct ig_measure_volumes *v, struct ig_error *e)
{
    *v = (struct ig_measure_volumes){
        .paths = o->volumes.list,
        .count = o->volumes.count,
        .ignore = o->ignored.list,
        .ignore_count = o->ignored.count,
    };
    if (o->operand_count == 0 && v->count == 0) {
        return ig_error_set(e, 0, "measure what? name programs, files or a --volume");
    }
    if (v->count == 0 && (v->ignore_count > 0 || o->value[OPT_WITHOUT] != NULL)) {
        return ig_error_set(e, 0, "--ignore and --without are about a --volume, which is not named");
    }
    if (o->value[OPT_MANIFEST] != NULL && v->count != 1) {
        return ig_error_set(e, 0, "--manifest is that of one --volume; %zu are named", v->count);
    }
    for (size_t i = 0; i < v->ignore_count; i++) {
        if (!is_plain(v->ignore[i])) {
            return ig_error_set(e, 0, "--ignore: \"%s\" is no path below the volume",
                                v->ignore[i]);
        }
    }
    return parse_without(o->value[OPT_WITHOUT], v, e);
}

/* The manifest's path as a policy names it. Its folder must exist: the file is written there. */
static char *absolute(const char *path, struct ig_error *e)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    IG_AUTO_FREE char *folder =
        slash != NULL ? ig_strndup(path, (size_t)(slash - path) + 1) : ig_strdup(".");
    char *real = realpath(folder, NULL);
    if (real == NULL) {
        ig_error_set(e, errno, "cannot write %s", path);
        return NULL;
    }
    char *whole = ig_format("%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    free(real);
    return whole;
}

/* Is PATH, relative to the volume, left out of it? */
static bool is_ignored(const struct ig_measure_volumes *v, const char *path)
{
    for (size_t i = 0; i < v->ignore_count; i++) {
        size_t n = strlen(v->ignore[i]);
        n -= v->ignore[i][n - 1] == '/';
        if (strncmp(path, v->ignore[i], n) == 0 && (path[n] == '\0' || path[n] == '/')) {
            return true;
        }
    }
    return false;
}

/* Written among what it lists, a manifest would lack itself or list an older one: no volume would
 * ever equal it. What cannot be resolved is told by the measuring itself. */
static int keep_outside(const struct options *o, const struct ig_measure_volumes *v,
                        struct ig_error *e)
{
    const char *root = o->value[OPT_ROOT];
    if (o->value[OPT_MANIFEST] == NULL) {
        return 0;
    }
    IG_AUTO_FREE char *at = root != NULL ? ig_format("%s/%s", root, v->paths[0])
                                         : ig_strdup(v->paths[0]);
    IG_AUTO_FREE char *volume = realpath(at, NULL);
    IG_AUTO_FREE char *manifest = absolute(o->value[OPT_MANIFEST], NULL);
    if (volume == NULL || manifest == NULL) {
        return 0;
    }
    size_t n = strcmp(volume, "/") == 0 ? 0 : strlen(volume);
    if (strncmp(manifest, volume, n) != 0 || manifest[n] != '/' ||
        is_ignored(v, manifest + n + 1)) {
        return 0;
    }
    return ig_error_set(e, 0, "--manifest %s lies on the volume that it would describe: write it "
                              "elsewhere, or leave it out with --ignore %s",
                        o->value[OPT_MANIFEST], manifest + n + 1);
}

static int measure(const struct options *o, const struct ig_measure_volumes *asked, char **text,
                   struct ig_error *e)
{
    struct ig_options options = {.root = o->value[OPT_ROOT]};
    struct ig_measure_volumes v = *asked;
    const char *path = o->value[OPT_MANIFEST];
    if (path == NULL) {
        return ig_measure(o->operands, o->operand_count, &v, &options, text, e);
    }
    struct replacement manifest;
    IG_AUTO_FREE char *whole = absolute(path, e);
    if (whole == NULL) {
        return -1;
    }
    int status = replace_begin(&manifest, whole, e);
    if (status == 0) {
        v.manifest = whole;
        v.write = replace_write;
        v.context = &manifest;
        status = ig_measure(o->operands, o->operand_count, &v, &options, text, e);
    }
    if (status == 0) {
        status = replace_finish(&manifest, 0644, e);
    }
    replace_end(&manifest);
    return status;
}

static int run(const struct options *o)
{
    struct ig_error e = {0};
    struct ig_measure_volumes volumes;
    IG_AUTO_FREE char *text = NULL;
    if (take_flags(o, &volumes, &e) != 0) {
        return usage_error(o, e.text);
    }
    watchdog_arm(o, command_seconds(o), IG_EXIT_ERROR, "the time was used up (--timeout)");
    int outside = keep_outside(o, &volumes, &e);
    int status = outside == 0 ? measure(o, &volumes, &text, &e) : -1;
    watchdog_disarm();
    if (outside != 0) {
        return usage_error(o, e.text);
    }
    if (status != 0) {
        return complain(o, IG_EXIT_ERROR, e.text);
    }
    return print_output(o, text);
}

const struct command command_measure = {
    .name = "measure",
    .synopsis = "[--root DIR] [--volume DIR]... [PATH...]",
    .summary = "print a policy for a known-good state, which verify then accepts",
    .details = "Executable ELF programs and #! scripts become binaries (digest, loader), anything\n"
               "else files (digest, mode, owner), a --volume the digest of its tree. Measure what\n"
               "you trust: the build, not the pod.",
    .accepted = OPT_BIT(OPT_TIMEOUT) | OPT_BIT(OPT_ROOT) | OPT_BIT(OPT_OUTPUT) |
                OPT_BIT(OPT_VOLUME) | OPT_BIT(OPT_MANIFEST) | OPT_BIT(OPT_WITHOUT) |
                OPT_BIT(OPT_IGNORE),
    .operand = "PATH",
    .run = run,
};
