/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/scan.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "core/mem.h"
#include "elf/dynamic.h"
#include "elf/head.h"
#include "fsroot/list.h"

struct scan {
    struct ig_policy *policy;
    const struct ig_machine *machine;
    const struct ig_scan_tell *tell;  /* or NULL */
    size_t found;
};

/* Is the code of S, or all of it but the headers that share its segment (as on arm64), left out of the
 * file? Zeros at the entry point cannot run; what has none is a library, and needs its PT_DYNAMIC. */
static bool is_left_out(const struct ig_image *image, const struct ig_segment *s)
{
    if (s->filesz == 0 || s->offset >= image->size) {
        return true;
    }
    bool dynamic_left_out = false;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *other = &image->segments[i];
        dynamic_left_out |= other->type == PT_DYNAMIC && other->filesz == 0 && other->memsz > 0;
    }
    bool in_headers = image->entry - s->vaddr < s->filesz;
    return (s->flags & PF_W) == 0 && s->filesz < s->memsz &&
           (image->entry == 0 ? dynamic_left_out : !in_headers);
}

/* What `strip --only-keep-debug` leaves: headers of a program whose code is not in the file. */
static bool is_debug_file(const struct ig_image *image)
{
    bool code = false;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ig_segment *s = &image->segments[i];
        if (s->type == PT_LOAD && (s->flags & PF_X) != 0 && s->memsz > 0) {
            if (!is_left_out(image, s)) {
                return false;
            }
            code = true;
        }
    }
    return code;
}

/* Names libraries or itself, but no loader: a static-pie program does neither. What is preloaded, as
 * valgrind's own, need not name anything; it has no entry point. */
static int is_library(const struct ig_bytes *bytes, const struct ig_image *image, bool *library,
                      struct ig_error *e)
{
    IG_AUTO_ARENA struct ig_arena memory = {0};
    struct ig_dynamic dynamic;
    if (image->interp_state != IG_INTERP_NONE || image->e_type != ET_DYN) {
        *library = false;
        return 0;
    }
    if (ig_dynamic_parse(bytes, image, &memory, &dynamic, e) != 0) {
        return -1;
    }
    *library = dynamic.needed_count > 0 || dynamic.soname != NULL ||
               (image->entry == 0 && (dynamic.flags_1 & IG_DT_1_PIE) == 0);
    return 0;
}

/* True where a scan has nothing to say of it. */
static bool passed_over(const struct scan *scan, const struct ig_image *image)
{
    return image->e_type == ET_REL || image->e_type == ET_CORE ||
           !ig_machine_runs(scan->machine, image) || is_debug_file(image);
}

static void add(struct scan *scan, const char *path, enum ig_scanned as)
{
    ig_policy_add_scanned(scan->policy, ig_check_specs, path, as);
    scan->found++;
    if (scan->tell != NULL) {
        scan->tell->found(scan->tell->context, path);
    }
}

static void pass_on(void *context, const struct ig_error *why)
{
    const struct scan *scan = context;
    scan->tell->unseen(scan->tell->context, why);
}

static int take(void *context, const struct ig_listed *file, struct ig_error *e)
{
    struct scan *scan = context;
    struct ig_bytes bytes = ig_bytes_of_fd(file->fd, file->size);
    unsigned char magic[SELFMAG];
    ssize_t n = bytes.read(&bytes, magic, sizeof magic, 0);
    if (n < 0) {
        return ig_error_set(e, errno, "%s cannot be read", file->path);
    }
    if (n < (ssize_t)sizeof magic || memcmp(magic, ELFMAG, SELFMAG) != 0) {
        return 0;
    }
    struct ig_image image;
    struct ig_head head;
    if (ig_head_open(&head, file->fd, file->size) != 0) {
        return ig_error_set(e, errno, "%s cannot be read", file->path);
    }
    if (ig_image_parse(&head.bytes, &image, e) != 0) {
        return ig_error_context(e, "%s", file->path);
    }
    bool library = false;
    int status = 0;
    if (!passed_over(scan, &image)) {
        status = is_library(&head.bytes, &image, &library, e);
        library = library || (file->mode & 0111) == 0;
        add(scan, file->path, library ? IG_SCANNED_LIBRARY : IG_SCANNED_PROGRAM);
    }
    ig_image_free(&image);
    return status == 0 ? 0 : ig_error_context(e, "%s", file->path);
}

int ig_scan_folder(struct ig_policy *policy, const struct ig_scene *scene, const char *dir,
                   const struct ig_scan_tell *tell, size_t *found, struct ig_error *e)
{
    struct scan scan = {.policy = policy, .machine = scene->machine, .tell = tell};
    int status = ig_fsroot_list(scene->root, dir, take, tell != NULL ? pass_on : NULL, &scan, e);
    *found = scan.found;
    return status;
}

int ig_scan_add(struct ig_policy *policy, const char *root, const char *dir,
                const struct ig_machine *machine, const struct ig_container_mounts *mounts,
                struct ig_error *e)
{
    struct ig_scene scene;
    size_t found = 0;
    int status = 0;
    if (ig_scene_open(&scene, policy, root, machine, e) != 0) {
        return -1;
    }
    if (ig_scene_graft(&scene, mounts, e) != 0) {
        ig_scene_close(&scene);
        return -1;
    }
    IG_AUTO_FREE char *start = ig_scene_path(&scene, dir);
    if (scene.root_fault != NULL) {
        /* For the run to report: an image volume that is empty must not read as "no ELF file". */
        ig_policy_add_scanned(policy, ig_check_specs, start, IG_SCANNED_PROGRAM);
    } else {
        status = ig_scan_folder(policy, &scene, start, NULL, &found, e);
        if (status == 0 && found == 0) {
            status = ig_error_set(e, 0, "no ELF program or library of this machine below %s", dir);
        } else if (status != 0) {
            ig_hidden_explain(&scene, e);
        }
    }
    ig_scene_close(&scene);
    return status;
}
