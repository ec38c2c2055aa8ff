/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lib/elf/resolve.h predicts, in a form that the oracles compare: for each file a block of
 * lines, their fields parted by tabs.
 *
 *   file      PATH
 *   object    NAME  PATH  RULE             in load order, the program first
 *   need      NAME  PATH OF WHO NEEDS IT  PATH | "missing" | "unread" | "ignored"  FAULT
 *   try       PATH  RULE  "found" | WHY    of the need before
 *   unbound   SYMBOL  PATH OF WHO NEEDS IT     with --symbols, of those looked up at start
 *   limit     SENTENCE
 *   error     SENTENCE                     instead of all other lines
 *   end
 *
 * usage: resolve [--root DIR] [--library-path LIST] [--preload LIST] [--loader PATH] [--cwd DIR]
 *                [--uid UID] [--quiet] [--symbols now|lazy] FILE...
 *
 * FILE "-" stands for those that standard input names, one a line. Without --loader it is the
 * file's PT_INTERP, else the usual one of its machine.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "elf/linkages.h"
#include "elf/resolve.h"
#include "elf/unbound.h"
#include "fsroot/permits.h"

struct setting {
    struct ig_resolve_options options;
    const char *loader;
    const char *symbols;
    bool quiet;
};

static bool may_use(const void *context, const struct ig_walk *walk, unsigned may)
{
    return ig_walk_permits(walk, context, may, false, false, NULL);
}

static void print_need(const struct ig_resolution *r, const struct ig_need *need, bool quiet)
{
    const char *where = need->found     ? r->objects[need->object].path
                        : need->ignored ? "ignored"
                        : need->unread  ? "unread"
                                        : "missing";
    printf("need\t%s\t%s\t%s\t%s\n", need->name, r->objects[need->by].path, where,
           need->fault != NULL ? need->fault : "");
    for (size_t i = 0; i < need->try_count && !quiet; i++) {
        const struct ig_try *t = &need->tries[i];
        printf("try\t%s\t%s\t%s\n", t->path, ig_rule_name(t->rule), t->found ? "found" : t->why);
    }
}

static void print(const struct ig_resolution *r, bool quiet)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct ig_object *o = &r->objects[i];
        printf("object\t%s\t%s\t%s\n", o->name, o->path, ig_rule_name(o->rule));
    }
    for (size_t i = 0; i < r->need_count; i++) {
        print_need(r, &r->needs[i], quiet);
    }
    if (r->limit != NULL) {
        printf("limit\t%s\n", r->limit);
    }
}

static void print_unbound(void *context, const struct ig_object *object, uint64_t symbol)
{
    char *name = ig_object_symbol(context, object, symbol);
    printf("unbound\t%s\t%s\n", name != NULL ? name : "?", object->path);
    free(name);
}

static int resolve(const struct setting *setting, const struct ig_walk *walk, int fd,
                   struct ig_error *e)
{
    struct ig_bytes bytes = ig_bytes_of_fd(fd, ig_walk_final(walk)->meta.size);
    struct ig_image image;
    IG_AUTO_ARENA struct ig_arena memory = {0};
    struct ig_dynamic dynamic;
    struct ig_resolution r;
    char guess[256];
    if (ig_image_parse(&bytes, &image, e) != 0) {
        return -1;
    }
    int status = ig_dynamic_parse(&bytes, &image, &memory, &dynamic, e);
    const char *loader = setting->loader != NULL ? setting->loader
                         : image.interp != NULL  ? image.interp
                         : status == 0 ? ig_loader_guess(&image, dynamic.needed,
                                                         dynamic.needed_count, guess, sizeof guess)
                                       : NULL;
    if (status == 0 && !dynamic.present) {
        status = ig_error_set(e, 0, "no dynamic section");
    } else if (status == 0 && loader == NULL) {
        status = ig_error_set(e, 0, "no loader is known");
    } else if (status == 0) {
        status = ig_resolve(&setting->options, walk, fd, &image, loader, &r, e);
    }
    if (status == 0) {
        print(&r, setting->quiet);
        if (setting->symbols != NULL) {
            status = ig_unbound_each(&r, strcmp(setting->symbols, "now") == 0, print_unbound,
                                     &r, e);
        }
        ig_resolution_free(&r);
    }
    ig_image_free(&image);
    return status;
}

static void resolve_path(const struct setting *setting, const char *path)
{
    struct ig_walk walk;
    struct ig_error e = {0};
    printf("file\t%s\n", path);
    if (ig_fsroot_walk(setting->options.root, path, 0, &walk) != 0) {
        ig_error_set(&e, walk.error, "%s", path);
        printf("error\t%s\n", e.text);
    } else {
        IG_AUTO_CLOSE int fd = ig_walk_open(&walk, &e);
        if (fd < 0 || resolve(setting, &walk, fd, &e) != 0) {
            printf("error\t%s\n", e.text);
        }
    }
    ig_walk_free(&walk);
    puts("end");
}

static void resolve_lines(const struct setting *setting)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        resolve_path(setting, line);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"root", required_argument, NULL, 'r'},    {"library-path", required_argument, NULL, 'l'},
        {"preload", required_argument, NULL, 'p'}, {"loader", required_argument, NULL, 'i'},
        {"cwd", required_argument, NULL, 'c'},     {"quiet", no_argument, NULL, 'q'},
        {"uid", required_argument, NULL, 'u'},     {"symbols", required_argument, NULL, 's'},
        {0},
    };
    struct ig_error e = {0};
    struct ig_fsroot *root = NULL;
    struct ig_cred cred = {0};
    struct setting setting = {.options = {.x86 = ig_x86_this(), .trace = true}};
    const char *dir = "/";
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'r': dir = optarg; break;
        case 'l': setting.options.ld_library_path = optarg; break;
        case 'p': setting.options.ld_preload = optarg; break;
        case 'i': setting.loader = optarg; break;
        case 'c': setting.options.cwd = optarg; break;
        case 'q': setting.quiet = true; break;
        case 's': setting.symbols = optarg; break;
        case 'u':
            cred.uid = cred.gid = (uint32_t)strtoul(optarg, NULL, 10);
            setting.options.permits = may_use;
            setting.options.context = &cred;
            break;
        default: return 2;
        }
    }
    if (ig_fsroot_open(dir, &root, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        return 2;
    }
    setting.options.root = root;
    setting.options.files = ig_files_new();
    for (int i = optind; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0) {
            resolve_lines(&setting);
        } else {
            resolve_path(&setting, argv[i]);
        }
    }
    ig_files_free(setting.options.files);
    ig_fsroot_close(root);
    return 0;
}
