/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, in pieces of any size: what is taken for an entry stays below the volume, and the own
 * form in order; how the text was cut does not matter. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tree/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct ig_sha256_stream *paths;
    char *last;
    const struct ig_manifest_parser *parser;
};

static int entry(void *context, const struct ig_manifest_line *line, struct ig_error *e)
{
    struct seen *seen = context;
    (void)e;
    if (line->path[0] == '/' || line->path[0] == '\0' || strcmp(line->path, "..") == 0 ||
        strncmp(line->path, "../", 3) == 0 || strstr(line->path, "/../") != NULL ||
        (line->type == 'l') != (line->target != NULL)) {
        abort();
    }
    if (seen->parser->form == IG_MANIFEST_OWN) {
        if (seen->last != NULL && strcmp(seen->last, line->path) >= 0) {
            abort();
        }
        free(seen->last);
        seen->last = strdup(line->path);
    }
    ig_sha256_add(seen->paths, line->path, strlen(line->path) + 1);
    return 0;
}

static int parse(const uint8_t *data, size_t size, size_t piece, struct ig_sha256 *digest,
                 struct ig_error *e)
{
    struct seen seen = {.paths = ig_sha256_begin()};
    struct ig_manifest_parser parser = {.entry = entry, .context = &seen};
    int status = 0;
    seen.parser = &parser;
    for (size_t at = 0; at < size && status == 0; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        status = ig_manifest_add(&parser, (const char *)data + at, n, e);
    }
    status = status == 0 ? ig_manifest_end(&parser, e) : status;
    ig_manifest_free(&parser);
    free(seen.last);
    ig_sha256_end(seen.paths, digest, NULL);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_error whole = {0};
    struct ig_error pieces = {0};
    struct ig_sha256 a = {0};
    struct ig_sha256 b = {0};
    int status = parse(data, size, size + 1, &a, &whole);
    if (parse(data, size, 7, &b, &pieces) != status || memcmp(&a, &b, sizeof a) != 0 ||
        strcmp(whole.text, pieces.text) != 0 || (status != 0) != (whole.text[0] != '\0')) {
        abort();
    }
    return 0;
}
