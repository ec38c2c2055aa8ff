/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded files of a file in memory. */
#include <string.h>

#include "checks/go_embeds.h"
#include "fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_bytes bytes = ig_bytes_of_memory(data, size);
    struct ig_image image;
    struct ig_go_embeds embeds;
    struct ig_error e = {0};
    if (ig_image_parse(&bytes, &image, NULL) != 0) {
        abort();
    }
    int result = ig_go_embeds(&bytes, &image, NULL, &embeds, &e);
    check_message(result, &e);
    /* Memory can always be read, and a failure leaves nothing behind. */
    if (result != 0 && (e.number != 0 || embeds.files != NULL)) {
        abort();
    }
    for (size_t i = 0; i < embeds.count; i++) {
        const struct ig_go_file *file = &embeds.files[i];
        if (*file->name == '\0' || *file->name == '/' || file->size > size ||
            file->offset > size - file->size || (file->directory && file->size != 0)) {
            abort();
        }
    }
    ig_go_embeds_free(&embeds);
    ig_image_free(&image);
    return 0;
}
