/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a program whose hardening is read, and as a search path. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "elf/hardening.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_facts(const struct ig_image *image, const struct ig_hardening *h)
{
    require(h->known == (image->kind == IG_IMAGE_ELF && image->segments != NULL));
    require(h->relro != IG_RELRO_FULL || h->bind_now);
    require(h->stack_marked || !h->known || h->executable_stack != h->is_aarch64);
    require(h->wx_count <= image->segment_count);
    require((h->pie == IG_PIE_NONE) == (!h->known || image->e_type != 3));
    require(!h->known || h->fault != NULL || h->stack_protector != IG_ANSWER_UNKNOWN ||
            h->protector_why != NULL);
    require(!h->known || h->fault != NULL || h->fortify != IG_ANSWER_UNKNOWN ||
            h->fortify_why != NULL);
    require(h->fortify != IG_ANSWER_NO || (h->fortified_count == 0 && h->unfortified_count != 0));
    require((!h->ibt && !h->shstk) || h->is_x86);
    require((!h->bti && !h->pac) || h->is_aarch64);
    for (size_t i = 1; i < h->unfortified_count; i++) {
        require(strcmp(h->unfortified[i - 1], h->unfortified[i]) != 0);
    }
}

static void check_path(const uint8_t *data, size_t size)
{
    IG_AUTO_FREE char *path = ig_strndup((const char *)data, size);
    IG_AUTO_FREE char *fault = ig_search_path_fault(path, false);
    IG_AUTO_FREE char *set_id = ig_search_path_fault(path, true);
    /* A set-id program is never less at risk. */
    require(fault == NULL || set_id != NULL);
    require(set_id == NULL || path[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_bytes bytes = ig_bytes_of_memory(data, size);
    struct ig_image image;
    struct ig_hardening h;
    struct ig_error e;
    require(ig_image_parse(&bytes, &image, &e) == 0);
    require(ig_hardening_parse(&bytes, &image, &h, &e) == 0);
    check_facts(&image, &h);
    ig_hardening_free(&h);
    ig_image_free(&image);
    check_path(data, size);
    return 0;
}
