/* SPDX-License-Identifier: Apache-2.0 */
/* One binary explained, or every program and library below a folder. */
#include <errno.h>
#include <string.h>

#include "checks/scan.h"
#include "core/mem.h"
#include "core/text.h"
#include "initgate.h"
#include "inspect_dot.h"
#include "inspect_file.h"

/* Of a folder: twenty times what a Debian root of 1300 files takes with --trace. A thousand libraries
 * that each need all others would take gigabytes. */
enum { WRITTEN_MAX = 256 << 20 };

struct inspection {
    const struct ig_options *options;
    struct ig_scene scene;
    struct ig_files *files;
    bool trace;
    enum { AS_TEXT, AS_JSON, AS_DOT } format;
    struct ig_buf text;
    struct ig_json json;     /* into `text` */
    struct ig_graph graph;   /* of AS_DOT */
    /* Of a folder. */
    struct ig_policy *found; /* a subject for each file */
    size_t done, total;
    char **unread;           /* sentences */
    size_t unread_count;
};

static void tell(const struct inspection *in, const char *path)
{
    struct ig_progress progress = {.files = in->done, .files_total = in->total, .current = path};
    if (in->options->progress != NULL) {
        in->options->progress(in->options->progress_context, &progress);
    }
}

static void write_facts(struct inspection *in, const struct ig_facts *f)
{
    if (in->format == AS_JSON) {
        ig_facts_json(f, &in->json);
    } else if (in->format == AS_DOT) {
        ig_graph_add(&in->graph, f->path, &f->libraries);
    } else {
        ig_buf_adds(&in->text, in->text.length > 0 ? "\n" : "");
        ig_facts_text(f, &in->text);
    }
}

static int inspect_file(struct inspection *in, const char *path, struct ig_error *e)
{
    struct ig_facts facts;
    if (in->files == NULL || ig_files_full(in->files)) {
        ig_files_free(in->files);
        in->files = ig_files_new();
    }
    int status = ig_facts_gather(&facts, &in->scene, in->files, path, in->trace, e);
    if (status == 0) {
        write_facts(in, &facts);
    }
    ig_facts_free(&facts);
    return status;
}

static void note_found(void *context, const char *path)
{
    struct inspection *in = context;
    in->total++;
    tell(in, path);
}

static void note_unread(void *context, const struct ig_error *why)
{
    struct inspection *in = context;
    in->unread = ig_array_room(in->unread, in->unread_count, sizeof *in->unread);
    in->unread[in->unread_count++] = ig_strdup(why->text);
}

/* Part of the document too: standard error may go elsewhere, and holds but one sentence. */
static void write_unread(struct inspection *in)
{
    /* In dot(1)'s language "//" begins a comment. */
    const char *name = in->format == AS_DOT ? "// unread:" : "unread      ";
    if (in->format == AS_TEXT && in->text.length > 0 && in->unread_count > 0) {
        ig_buf_adds(&in->text, "\n");
    }
    for (size_t i = 0; i < in->unread_count; i++) {
        ig_buf_addf(&in->text, "%s ", name);
        ig_sanitize(&in->text, in->unread[i], strlen(in->unread[i]));
        ig_buf_adds(&in->text, "\n");
    }
}

static void explain_found(struct inspection *in)
{
    for (size_t i = 0; i < in->found->subject_count; i++) {
        const char *path = in->found->subjects[i].path;
        struct ig_error why = {0};
        if (in->found->subjects[i].scanned == IG_SCANNED_NOT) {
            continue;  /* an empty policy asks for /proc */
        }
        if (in->text.length + in->graph.size >= WRITTEN_MAX) {
            ig_error_set(&why, 0, "%s and all behind it are not explained: %d MiB are written",
                         path, WRITTEN_MAX >> 20);
            note_unread(in, &why);
            return;
        }
        tell(in, path);
        if (inspect_file(in, path, &why) != 0) {
            note_unread(in, &why);
        }
        in->done++;
    }
}

static void write_folder_json(struct inspection *in, const char *dir)
{
    ig_json_object(&in->json, NULL);
    ig_json_string(&in->json, "path", dir);
    ig_json_array(&in->json, "files");
    explain_found(in);
    ig_json_array_end(&in->json);
    ig_json_array(&in->json, "unread");
    for (size_t i = 0; i < in->unread_count; i++) {
        ig_json_string(&in->json, NULL, in->unread[i]);
    }
    ig_json_array_end(&in->json);
    ig_json_object_end(&in->json);
}

static int inspect_folder(struct inspection *in, const char *dir, struct ig_error *e)
{
    struct ig_scan_tell to = {note_found, note_unread, in};
    IG_AUTO_FREE char *start = ig_scene_path(&in->scene, dir);
    size_t found = 0;
    if (ig_scan_folder(in->found, &in->scene, start, &to, &found, e) != 0) {
        return IG_EXIT_ERROR;
    }
    if (found == 0 && in->unread_count == 0) {
        ig_error_set(e, 0, "no ELF program or library of this machine below %s", dir);
        return IG_EXIT_USAGE;
    }
    if (in->format == AS_JSON) {
        write_folder_json(in, dir);
    } else {
        explain_found(in);
        write_unread(in);
    }
    if (in->unread_count == 0) {
        return IG_EXIT_PASS;
    }
    ig_error_set(e, 0, "%zu below %s could not be looked at, the first: %s", in->unread_count, dir,
                 in->unread[0]);
    return IG_EXIT_ERROR;
}

static bool is_folder(const struct ig_scene *scene, const char *name)
{
    IG_AUTO_FREE char *path = ig_scene_path(scene, name);
    struct ig_walk walk;
    bool folder = ig_fsroot_walk(scene->root, path, 0, &walk) == 0 &&
                  ig_meta_is(&ig_walk_final(&walk)->meta, S_IFDIR);
    ig_walk_free(&walk);
    return folder;
}

static int explain(struct inspection *in, const char *path, char **out, struct ig_error *e)
{
    if (in->scene.root_fault != NULL) {
        ig_error_set(e, ENOENT, "%s", in->scene.root_fault);
        return IG_EXIT_ERROR;
    }
    in->json.out = &in->text;
    int code = IG_EXIT_PASS;
    if (is_folder(&in->scene, path)) {
        code = inspect_folder(in, path, e);
    } else if (inspect_file(in, path, e) != 0) {
        code = IG_EXIT_ERROR;
    }
    if (code == IG_EXIT_PASS || in->unread_count > 0) {
        if (in->format == AS_DOT) {
            ig_graph_write(&in->graph, &in->text);
        }
        *out = ig_buf_steal(&in->text);
    }
    return code;
}

int ig_inspect(const char *path, const struct ig_options *options, const char *format, bool trace,
               char **out, struct ig_error *e)
{
    struct inspection in = {
        .options = options,
        .trace = trace,
        .format = strcmp(format, "json") == 0 ? AS_JSON
                  : strcmp(format, "dot") == 0 ? AS_DOT
                                               : AS_TEXT,
        .found = ig_policy_empty(),
    };
    const struct ig_machine *machine;
    int code = IG_EXIT_ERROR;
    *out = NULL;
    if (ig_machine_choose(options->platform, &machine, e) != 0) {
        code = IG_EXIT_USAGE;
    } else if (ig_scene_open(&in.scene, in.found, options->root, machine, e) == 0) {
        code = explain(&in, path, out, e);
        ig_scene_close(&in.scene);
    }
    for (size_t i = 0; i < in.unread_count; i++) {
        free(in.unread[i]);
    }
    free(in.unread);
    ig_graph_free(&in.graph);
    ig_buf_free(&in.text);
    ig_files_free(in.files);
    ig_policy_free(in.found);
    return code;
}
