/* SPDX-License-Identifier: Apache-2.0 */
/* Go build info of a file in memory. */
#include <string.h>

#include "elf/gobuild.h"
#include "fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_module(const struct ig_go_module *m)
{
    if (m->path == NULL || m->version == NULL || m->sum == NULL) {
        abort();
    }
    if (m->replace != NULL) {
        check_module(m->replace);
    }
}

static void check_found(const struct ig_go_info *info)
{
    if (info->version == NULL || *info->version == '\0' || info->fault != NULL ||
        ig_go_version_compare(info->version, info->version) != 0 ||
        (ig_go_version_valid(info->version) && ig_go_version_compare(info->version, "x") != 1)) {
        abort();
    }
    if (info->has_main) {
        check_module(&info->main);
    }
    for (size_t i = 0; i < info->dep_count; i++) {
        check_module(&info->deps[i]);
    }
    for (size_t i = 0; i < info->setting_count; i++) {
        if (ig_go_setting(info, info->settings[i].key) == NULL) {
            abort();
        }
    }
}

/* Whoever looks at less finds the same, or nothing. */
static void check_section(const struct ig_bytes *bytes, const struct ig_image *image,
                          enum ig_go_state state)
{
    struct ig_go_info info;
    if (ig_go_info_parse(bytes, image, IG_GO_SECTION, &info, NULL) != 0 ||
        (info.state != state && info.state != IG_GO_NONE)) {
        abort();
    }
    ig_go_info_free(&info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_bytes bytes = ig_bytes_of_memory(data, size);
    struct ig_image image;
    struct ig_go_info info;
    if (ig_image_parse(&bytes, &image, NULL) != 0 ||
        ig_go_info_parse(&bytes, &image, IG_GO_ALL_DATA, &info, NULL) != 0) {
        /* Memory can always be read. */
        abort();
    }
    check_section(&bytes, &image, info.state);
    if (info.state == IG_GO_FOUND) {
        check_found(&info);
    } else if ((info.state == IG_GO_MALFORMED) != (info.fault != NULL)) {
        abort();
    }
    ig_go_info_free(&info);
    ig_image_free(&image);
    return 0;
}
