/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect_file.h"

#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "inspect_tree.h"

static const char *kind_name(enum ig_image_kind kind)
{
    static const char *const names[] = {
        [IG_IMAGE_EMPTY] = "empty",
        [IG_IMAGE_SCRIPT] = "script",
        [IG_IMAGE_ELF] = "ELF",
        [IG_IMAGE_OTHER] = "other",
    };
    return names[kind];
}

/* gABI figure 4-4 */
static const char *type_name(uint16_t type)
{
    static const char *const names[] = {"NONE", "REL", "EXEC", "DYN", "CORE"};
    return type < IG_COUNT(names) ? names[type] : "other";
}

static const char *class_name(uint8_t e_class)
{
    return e_class == 2 ? "ELF64" : e_class == 1 ? "ELF32" : "invalid";
}

static const char *data_name(uint8_t e_data)
{
    return e_data == 1 ? "little-endian" : e_data == 2 ? "big-endian" : "invalid";
}

/* A library has no PT_INTERP either. */
static const char *linkage(const struct ig_facts *f)
{
    return f->image->interp_state == IG_INTERP_NONE && !f->resolved ? "static" : "dynamic";
}

/* What a loader would make of it: of a program its own, of a library the one that its machine's
 * programs use. */
static int resolve(struct ig_facts *f, const struct ig_scene *scene, struct ig_files *files,
                   struct ig_error *e)
{
    IG_AUTO_ARENA struct ig_arena memory = {0};
    struct ig_dynamic dynamic;
    struct ig_bytes bytes = ig_bytes_of_fd(f->target.fd, ig_target_meta(&f->target)->size);
    char guess[64];
    if (ig_dynamic_parse(&bytes, f->image, &memory, &dynamic, e) != 0) {
        return -1;
    }
    const char *loader = f->image->interp_state == IG_INTERP_OK
                             ? f->image->interp
                             : ig_loader_guess(f->image, dynamic.needed, dynamic.needed_count,
                                               guess, sizeof guess);
    bool worthwhile = loader != NULL && loader[0] == '/' &&
                      (f->image->interp != NULL || dynamic.needed_count > 0);
    if (!worthwhile) {
        return 0;
    }
    struct ig_resolve_options options = {
        .root = scene->root,
        .files = files,
        .x86 = ig_x86_this(),
        .trace = f->trace,
    };
    f->resolved = ig_resolve(&options, &f->target.walk, f->target.fd, f->image, loader,
                             &f->libraries, e) == 0;
    return f->resolved ? 0 : -1;
}

int ig_facts_gather(struct ig_facts *f, const struct ig_scene *scene, struct ig_files *files,
                    const char *name, bool trace, struct ig_error *e)
{
    IG_AUTO_FREE char *path = ig_scene_path(scene, name);
    *f = (struct ig_facts){.path = name, .target.fd = -1, .loader.fd = -1, .trace = trace};
    ig_target_open(&f->target, scene->root, files, path);
    if (f->target.walk.error != 0) {
        return ig_error_set(e, f->target.walk.error, "%s", f->path);
    }
    if (f->target.fd < 0) {
        *e = f->target.unread;
        return ig_error_context(e, "%s", f->path);
    }
    f->image = ig_target_image(&f->target, e);
    if (f->image == NULL || ig_target_digest(&f->target, f->digest, e) != 0) {
        return ig_error_context(e, "%s", f->path);
    }
    struct ig_bytes bytes = ig_bytes_of_fd(f->target.fd, ig_target_meta(&f->target)->size);
    if (ig_inspect_go_gather(&f->go, &bytes, f->image, e) != 0 ||
        ig_hardening_parse(&bytes, f->image, &f->hardening, e) != 0) {
        return ig_error_context(e, "%s", f->path);
    }
    if (ig_target_changed(&f->target, scene->root, e)) {
        return ig_error_context(e, "%s", f->path);
    }
    if (f->image->interp != NULL && f->image->interp[0] == '/') {
        ig_target_open(&f->loader, scene->root, files, f->image->interp);
        f->loader_sought = true;
    }
    if (f->image->kind == IG_IMAGE_ELF && f->image->refusal == 0 &&
        resolve(f, scene, files, e) != 0) {
        return ig_error_context(e, "%s", f->path);
    }
    return 0;
}

void ig_facts_free(struct ig_facts *f)
{
    ig_target_close(&f->target);
    ig_inspect_go_free(&f->go);
    ig_hardening_free(&f->hardening);
    if (f->loader_sought) {
        ig_target_close(&f->loader);
    }
    ig_resolution_free(&f->libraries);
}

static void add_line(struct ig_buf *out, const char *name, const char *value)
{
    ig_buf_addf(out, "%-12s ", name);
    ig_sanitize(out, value, strlen(value));
    ig_buf_adds(out, "\n");
}

static void describe_loader(struct ig_buf *out, const struct ig_facts *f)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    char words[160];
    if (f->image->interp_state == IG_INTERP_NONE) {
        add_line(out, "interpreter", "none needed (static)");
        return;
    }
    if (f->image->interp == NULL) {
        add_line(out, "interpreter", "malformed (see binary.interpreter)");
        return;
    }
    ig_buf_adds(&text, f->image->interp);
    if (f->loader_sought && f->loader.walk.error != 0) {
        ig_buf_addf(&text, " (not found: %s at %s)",
                    ig_errno_text(f->loader.walk.error, words, sizeof words), f->loader.walk.path);
    } else if (f->loader_sought && strcmp(f->loader.walk.path, f->image->interp) != 0) {
        ig_buf_addf(&text, " -> %s", f->loader.walk.path);
    }
    add_line(out, "interpreter", ig_buf_text(&text));
}

static void write_elf_text(struct ig_buf *out, const struct ig_facts *f)
{
    char words[64];
    IG_AUTO_BUF struct ig_buf text = {0};
    ig_buf_addf(&text, "%s %s, %s, %s, %s", class_name(f->image->e_class),
                type_name(f->image->e_type),
                ig_machine_describe(f->image->e_machine, words, sizeof words),
                data_name(f->image->e_data), linkage(f));
    add_line(out, "format", ig_buf_text(&text));
    describe_loader(out, f);
    if (f->image->refusal != 0) {
        add_line(out, "refused", f->image->refusal_text);
    }
    if (f->image->broken_text != NULL) {
        add_line(out, "broken", f->image->broken_text);
    }
    ig_inspect_hardening_text(out, &f->hardening);
    ig_inspect_go_text(out, &f->go);
}

void ig_facts_text(const struct ig_facts *f, struct ig_buf *out)
{
    const struct ig_meta *meta = ig_target_meta(&f->target);
    IG_AUTO_FREE char *size = ig_format("%llu bytes", (unsigned long long)meta->size);
    IG_AUTO_FREE char *mode = ig_format("%04o", meta->mode & 07777U);
    IG_AUTO_FREE char *owner = ig_format("%u:%u", meta->uid, meta->gid);
    add_line(out, "path", f->path);
    if (strcmp(f->target.walk.path, f->path) != 0) {
        add_line(out, "leads to", f->target.walk.path);
    }
    add_line(out, "size", size);
    add_line(out, "mode", mode);
    add_line(out, "owner", owner);
    add_line(out, "sha256", f->digest);
    if (f->image->kind == IG_IMAGE_ELF) {
        write_elf_text(out, f);
    } else {
        add_line(out, "format", kind_name(f->image->kind));
    }
    if (f->image->script_interp != NULL) {
        add_line(out, "run by", f->image->script_interp);
    }
    if (f->resolved) {
        ig_tree_text(&f->libraries, out);
    }
    if (f->resolved && f->trace) {
        ig_trace_text(&f->libraries, out);
    }
}

static void write_elf_json(struct ig_json *j, const struct ig_facts *f)
{
    char words[64];
    ig_json_string(j, "class", class_name(f->image->e_class));
    ig_json_string(j, "data", data_name(f->image->e_data));
    ig_json_string(j, "machine", ig_machine_describe(f->image->e_machine, words, sizeof words));
    ig_json_string(j, "type", type_name(f->image->e_type));
    ig_json_string(j, "linkage", linkage(f));
    ig_json_string(j, "interpreter", f->image->interp);
    ig_json_string(j, "loader", f->loader_sought && f->loader.walk.error == 0
                                    ? f->loader.walk.path
                                    : NULL);
    ig_json_string(j, "refused", f->image->refusal_text);
    ig_json_string(j, "broken", f->image->broken_text);
    ig_inspect_hardening_json(j, &f->hardening);
    ig_inspect_go_json(j, &f->go);
    if (f->resolved) {
        ig_tree_json(&f->libraries, f->trace, j);
    }
}

void ig_facts_json(const struct ig_facts *f, struct ig_json *j)
{
    const struct ig_meta *meta = ig_target_meta(&f->target);
    IG_AUTO_FREE char *mode = ig_format("%04o", meta->mode & 07777U);
    ig_json_object(j, NULL);
    ig_json_string(j, "path", f->path);
    ig_json_string(j, "resolved", f->target.walk.path);
    ig_json_uint(j, "size", meta->size);
    ig_json_string(j, "mode", mode);
    ig_json_uint(j, "owner", meta->uid);
    ig_json_uint(j, "group", meta->gid);
    ig_json_string(j, "sha256", f->digest);
    ig_json_string(j, "kind", kind_name(f->image->kind));
    if (f->image->kind == IG_IMAGE_ELF) {
        write_elf_json(j, f);
    } else if (f->image->script_interp != NULL) {
        ig_json_string(j, "interpreter", f->image->script_interp);
    }
    ig_json_object_end(j);
}
