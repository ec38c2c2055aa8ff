/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a program, and as the loader of a 64-bit program and of itself. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "elf/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_image(const struct ig_image *image, size_t size)
{
    require(image->size == size);
    require((image->kind == IG_IMAGE_EMPTY) == (size == 0));
    require((image->refusal != 0) == (image->refusal_text != NULL));
    require((image->segments == NULL) == (image->segment_count == 0));
    require(image->kind == IG_IMAGE_ELF || (image->segments == NULL && image->broken_text == NULL));
    require(image->kind != IG_IMAGE_ELF || image->segments != NULL || image->refusal != 0);
    require(image->segment_count <= 65536 / sizeof(Elf32_Phdr));
    require((image->interp != NULL) == (image->interp_state == IG_INTERP_OK));
    require(image->interp == NULL || strlen(image->interp) < image->interp_size);
    require(image->interp_size <= 4096 || image->interp_state == IG_INTERP_SIZE);
    require((image->script_interp != NULL) ==
            (image->kind == IG_IMAGE_SCRIPT && image->refusal == 0));
    require(image->script_arg == NULL || image->script_interp != NULL);
}

static void check_as_loader(const struct ig_image *image, const struct ig_image *program)
{
    char text[64] = "";
    int number = ig_image_loader_fault(image, program, text, sizeof text);
    require((number == 0) == (text[0] == '\0'));
    require(number != 0 || (image->segments != NULL && image->broken_text == NULL &&
                            image->e_machine == program->e_machine));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ig_image program = {.kind = IG_IMAGE_ELF, .e_class = ELFCLASS64,
                                            .e_data = ELFDATA2LSB, .e_machine = EM_X86_64};
    struct ig_bytes bytes = ig_bytes_of_memory(data, size);
    struct ig_image image;
    struct ig_error e;
    char buf[32];
    require(ig_image_parse(&bytes, &image, &e) == 0);
    check_image(&image, size);
    check_as_loader(&image, &program);
    if (image.kind == IG_IMAGE_ELF) {
        check_as_loader(&image, &image);
    }
    for (const struct ig_machine *m = ig_machine_table(); m->name != NULL; m++) {
        require(!ig_machine_runs(m, &image) ||
                (image.e_data == m->e_data && ig_machine_describe(image.e_machine, buf, 1) != buf));
    }
    ig_image_free(&image);
    return 0;
}
