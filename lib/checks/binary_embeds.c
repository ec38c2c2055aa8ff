/* SPDX-License-Identifier: Apache-2.0 */
/* Files embedded in a Go program against their namesakes on a volume. */
#include <errno.h>
#include <string.h>

#include "checks/check.h"
#include "checks/go_embeds.h"
#include "checks/hidden.h"
#include "checks/words.h"
#include "core/buf.h"
#include "core/mem.h"
#include "crypto/digest.h"
#include "elf/gobuild.h"

enum { NAMED = 3 /* files that a message names */ };

struct embeds_params {
    struct ig_strings dirs;
};

static const struct ig_param params[] = {
    {.name = "dirs",
     .type = IG_TYPE_PATHS,
     .offset = offsetof(struct embeds_params, dirs),
     .required = true,
     .summary = "folders in which files may lie that have the names of embedded ones"},
    {0},
};

static int validate(const void *given, struct ig_error *e)
{
    const struct embeds_params *p = given;
    return p->dirs.count == 0 ? ig_error_set(e, 0, "\"dirs\" is empty: it asks nothing") : 0;
}

struct comparison {
    const struct ig_question *q;
    const struct ig_go_embeds *embeds;
    size_t same, different;
    struct ig_buf names;    /* of the first that differ */
    struct ig_error error;  /* text is empty where all could be read */
};

static void remember(struct comparison *c, const char *path, const struct ig_go_file *file)
{
    if (c->different++ < NAMED) {
        ig_buf_addf(&c->names, "%s%s (embedded as %s)", c->names.length != 0 ? ", " : "", path,
                    file->name);
    }
}

/* 1 the same, 0 not, -1 with c->error. */
static int same_content(struct comparison *c, const struct ig_walk *walk,
                        const struct ig_go_file *file)
{
    const struct ig_meta *meta = &ig_walk_final(walk)->meta;
    atomic_ullong *progress = (atomic_ullong *)&c->q->scene->progress;
    struct ig_sha256 digest;
    unsigned long long size = 0;
    if (!ig_meta_is(meta, S_IFREG) || meta->size != file->size) {
        return 0;
    }
    IG_AUTO_CLOSE int fd = ig_walk_open(walk, &c->error);
    if (fd < 0 || ig_sha256_fd(fd, meta->size, progress, &digest, &size, &c->error) != 0) {
        return -1;
    }
    if (size != file->size) {
        return ig_error_set(&c->error, 0, "its size changed while it was read");
    }
    return memcmp(digest.bytes, file->sum, sizeof file->sum) == 0;
}

/* Several packages may embed files of one name: any of them will do. */
static bool same_as_another(struct comparison *c, const struct ig_walk *walk,
                            const struct ig_go_file *file)
{
    for (size_t i = 0; c->embeds->variables > 1 && i < c->embeds->count; i++) {
        const struct ig_go_file *other = &c->embeds->files[i];
        if (other != file && !other->directory && strcmp(other->name, file->name) == 0 &&
            same_content(c, walk, other) == 1) {
            return true;
        }
    }
    return false;
}

/* False where it cannot be told: c->error says why. */
static bool compare(struct comparison *c, const char *dir, const struct ig_go_file *file)
{
    struct ig_walk walk;
    IG_AUTO_FREE char *path = ig_format("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, file->name);
    if (ig_fsroot_walk(c->q->scene->root, path, 0, &walk) != 0) {
        int number = walk.error;
        ig_walk_free(&walk);
        if (number == ENOENT || number == ENOTDIR || number == ENAMETOOLONG) {
            return true;
        }
        ig_error_set(&c->error, number, "%s cannot be looked up", path);
        return false;
    }
    int same = same_content(c, &walk, file);
    if (same == 0 && same_as_another(c, &walk, file)) {
        same = 1;
    }
    if (c->error.text[0] != '\0') {
        ig_error_context(&c->error, "%s cannot be read", path);
        same = -1;
    } else if (same == 1) {
        c->same++;
    } else {
        remember(c, path, file);
    }
    ig_walk_free(&walk);
    return same >= 0;
}

static bool compare_all(struct comparison *c)
{
    const struct embeds_params *p = c->q->setting->params;
    for (size_t d = 0; d < p->dirs.count; d++) {
        for (size_t i = 0; i < c->embeds->count; i++) {
            const struct ig_go_file *file = &c->embeds->files[i];
            if (!file->directory && !compare(c, p->dirs.list[d], file)) {
                return false;
            }
        }
    }
    return true;
}

static size_t count_files(const struct ig_go_embeds *embeds)
{
    size_t n = 0;
    for (size_t i = 0; i < embeds->count; i++) {
        n += !embeds->files[i].directory;
    }
    return n;
}

static void say_different(const struct comparison *c, struct ig_result *r)
{
    IG_AUTO_FREE char *more =
        c->different > NAMED ? ig_format(" and %zu more", c->different - NAMED) : ig_strdup("");
    bool one = c->different == 1;
    ig_result_set(r, IG_STATUS_FAIL,
                  "%s%s %s from what is embedded in the program under that name: the program will "
                  "use its embedded %s and never read %s.",
                  ig_buf_text(&c->names), more, one ? "differs" : "differ",
                  one ? "copy" : "copies", one ? "this file" : "these files");
    ig_result_expected(r, "equal to the embedded %s", one ? "file" : "files");
    ig_result_observed(r, "%zu %s, %zu equal", c->different, one ? "differs" : "differ", c->same);
    ig_result_fix(r, "Build the program with the files that are meant, or let it read them from "
                     "the volume (os.DirFS in the place of embed.FS); if nobody expects them to be "
                     "read, remove them from the volume.");
}

static void judge(const struct ig_question *q, const struct ig_go_embeds *embeds,
                  struct ig_result *r)
{
    struct comparison c = {.q = q, .embeds = embeds};
    bool complete = compare_all(&c);
    size_t files = count_files(embeds);
    if (c.different != 0) {
        say_different(&c, r);
    } else if (!complete) {
        ig_result_set(r, IG_STATUS_ERROR, "An embedded file was not compared: %s.", c.error.text);
        ig_result_fix(r, "Let the gate's user read the folders that embeds.dirs names.");
        ig_add_hidden(q->scene, c.error.number, r);
    } else if (c.same == 0) {
        ig_result_set(r, IG_STATUS_PASS, "None of the %zu embedded files has a namesake in the "
                                         "folders that the policy names.", files);
        ig_result_observed(r, "%zu embedded files, no namesake", files);
    } else {
        ig_result_set(r, IG_STATUS_PASS, "Every namesake of an embedded file has the embedded "
                                         "content.");
        ig_result_observed(r, "%zu embedded files, %zu equal namesakes", files, c.same);
    }
    ig_buf_free(&c.names);
}

static void say_nothing_embedded(const struct ig_bytes *bytes, const struct ig_image *image,
                                 struct ig_result *r)
{
    struct ig_go_info info;
    struct ig_error e = {0};
    if (ig_go_info_parse(bytes, image, IG_GO_ALL_DATA, &info, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "Its Go build info cannot be read: %s.", e.text);
        ig_result_fix(r, "See what keeps the program from being read.");
    } else if (info.state == IG_GO_FOUND) {
        ig_result_set(r, IG_STATUS_PASS, "The Go program embeds no files in an embed.FS.");
        ig_result_observed(r, "no embedded files");
    } else {
        ig_result_set(r, IG_STATUS_SKIP, "Embedded files cannot be known: it has no Go build info "
                                         "that can be read, so it is no Go program, or it was "
                                         "packed or altered.");
        ig_result_fix(r, "Deliver the Go program as it was built, not packed (UPX); remove "
                         "\"embeds\" from the policy where it is none.");
    }
    ig_go_info_free(&info);
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    struct ig_error e = {0};
    struct ig_go_embeds embeds;
    const struct ig_image *image = ig_target_image(q->target, &e);
    const struct ig_meta *meta = ig_target_meta(q->target);
    if (image == NULL || meta == NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "The program cannot be read: %s.", e.text);
        ig_result_fix(r, "Let the gate's user read the program.");
        return;
    }
    struct ig_bytes bytes = ig_bytes_of_fd(q->target->fd, meta->size);
    atomic_ullong *progress = (atomic_ullong *)&q->scene->progress;
    if (ig_go_embeds(&bytes, image, progress, &embeds, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "Its embedded files cannot be told: %s.", e.text);
        ig_result_fix(r, "Build or copy the program again.");
        return;
    }
    if (embeds.count == 0) {
        say_nothing_embedded(&bytes, image, r);
    } else {
        judge(q, &embeds, r);
    }
    ig_go_embeds_free(&embeds);
}

static const char *const needs[] = {"binary.file", NULL};

const struct ig_check ig_check_binary_embeds = {
    .spec = {.id = "binary.embeds",
             .key = "embeds",
             .kind = IG_KIND_BINARY,
             .summary = "files embedded in a Go program with go:embed equal their namesakes below "
                        "the folders that the policy names, or do not exist there",
             .params = params,
             .params_size = sizeof(struct embeds_params),
             .on_request = true,
             .validate = validate},
    .means = "The files of the program's embed.FS variables are found in its data, stripped or "
             "not, and each name is looked up below each folder of embeds.dirs: a file of that "
             "name must have the embedded content. A folder stands for the one of the package's "
             "source: where the package embeds static/a.css, the file is static/a.css below it. "
             "Names that do not exist there pass. Files in a variable of type string or []byte "
             "keep no name in the program and cannot be seen, nor can those of a packed program, "
             "which is skipped.",
    .matters = "A ConfigMap mounted over a folder that the program embeds changes nothing: the "
               "program reads the copy inside itself, and the edited file on the volume is never "
               "opened. Nothing fails, the change just has no effect.",
    .mend = "Build the program with the files that are meant, or let it read them from the volume; "
            "remove files from the volume that nobody reads.",
    .needs = needs,
    .run = run,
};
