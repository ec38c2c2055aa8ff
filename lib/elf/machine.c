/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "elf/image.h"

/* OCI's names are Go's (GOARCH). 386 and arm stand behind what runs them too, so that uname's word
 * of a 64-bit kernel finds the 64-bit row. */
static const struct ig_machine machines[] = {
    {"amd64", "x86_64", EM_X86_64, ELFCLASS64, ELFDATA2LSB, EM_386},
    {"arm64", "aarch64", EM_AARCH64, ELFCLASS64, ELFDATA2LSB, EM_ARM},
    {"386", "i686", EM_386, ELFCLASS32, ELFDATA2LSB, EM_NONE},
    {"arm", "armv7l", EM_ARM, ELFCLASS32, ELFDATA2LSB, EM_NONE},
    {"ppc64le", "ppc64le", EM_PPC64, ELFCLASS64, ELFDATA2LSB, EM_NONE},
    {"s390x", "s390x", EM_S390, ELFCLASS64, ELFDATA2MSB, EM_NONE},
    {"riscv64", "riscv64", EM_RISCV, ELFCLASS64, ELFDATA2LSB, EM_NONE},
    {"loong64", "loongarch64", 258 /* EM_LOONGARCH: newer than some elf.h */, ELFCLASS64,
     ELFDATA2LSB, EM_NONE},
    {"mips64le", "mips64", EM_MIPS, ELFCLASS64, ELFDATA2LSB, EM_NONE},
    {NULL, NULL, EM_NONE, ELFCLASSNONE, ELFDATANONE, EM_NONE},
};

const struct ig_machine *ig_machine_table(void)
{
    return machines;
}

static const struct ig_machine *find_word(const char *word, size_t length)
{
    for (const struct ig_machine *m = machines; m->name != NULL; m++) {
        if ((strlen(m->name) == length && memcmp(m->name, word, length) == 0) ||
            (strlen(m->uname) == length && memcmp(m->uname, word, length) == 0)) {
            return m;
        }
    }
    return NULL;
}

/* uname(2) has a word for each generation: i386 to i686, armv5tel to armv8l. */
static const struct ig_machine *find_generation(const char *word)
{
    if (strlen(word) == 4 && word[0] == 'i' && word[1] >= '3' && word[1] <= '6' &&
        strcmp(word + 2, "86") == 0) {
        return find_word("386", strlen("386"));
    }
    if (strncmp(word, "armv", strlen("armv")) == 0 && word[4] >= '4' && word[4] <= '8' &&
        strpbrk(word, "/ ") == NULL) {
        return find_word("arm", strlen("arm"));
    }
    return NULL;
}

/* OCI variants ("v7", "v8") say nothing that an ELF header could contradict. */
static bool is_variant(const char *s)
{
    return s[0] == 'v' && s[1] >= '1' && s[1] <= '9' && s[2] == '\0';
}

const struct ig_machine *ig_machine_find(const char *platform)
{
    const char *os = "linux/";
    if (strncmp(platform, os, strlen(os)) != 0) {
        const struct ig_machine *found = find_word(platform, strlen(platform));
        return found != NULL ? found : find_generation(platform);
    }
    const char *word = platform + strlen(os);
    size_t length = strcspn(word, "/");
    if (word[length] == '/' && !is_variant(word + length + 1)) {
        return NULL;
    }
    return find_word(word, length);
}

static const struct {
    uint16_t e_machine;
    const char *words;
} machine_words[] = {
    {EM_X86_64, "x86-64"},   {EM_AARCH64, "AArch64"},     {EM_386, "i386"},
    {EM_ARM, "ARM"},         {EM_RISCV, "RISC-V"},        {EM_PPC64, "PowerPC64"},
    {EM_PPC, "PowerPC"},     {EM_S390, "S/390"},          {258, "LoongArch"},
    {EM_MIPS, "MIPS"},       {EM_SPARC, "SPARC"},         {EM_SPARCV9, "SPARC V9"},
    {EM_IA_64, "IA-64"},     {EM_PARISC, "PA-RISC"},      {EM_68K, "m68k"},
    {EM_SH, "SuperH"},       {EM_BPF, "BPF"},             {EM_NONE, "no machine"},
};

int ig_machine_choose(const char *platform, const struct ig_machine **out, struct ig_error *e)
{
    *out = platform != NULL ? ig_machine_find(platform) : NULL;
    if (platform == NULL || *out != NULL) {
        return 0;
    }
    IG_AUTO_BUF struct ig_buf known = {0};
    for (const struct ig_machine *m = machines; m->name != NULL; m++) {
        ig_buf_addf(&known, " linux/%s", m->name);
    }
    return ig_error_set(e, 0, "platform \"%s\" is unknown; known:%s", platform,
                        ig_buf_text(&known));
}

const char *ig_machine_describe(uint16_t e_machine, char *buf, size_t size)
{
    for (size_t i = 0; i < IG_COUNT(machine_words); i++) {
        if (machine_words[i].e_machine == e_machine) {
            return machine_words[i].words;
        }
    }
    snprintf(buf, size, "machine %u", (unsigned)e_machine);
    return buf;
}

bool ig_machine_runs(const struct ig_machine *machine, const struct ig_image *image)
{
    if (image->kind != IG_IMAGE_ELF || image->e_data != machine->e_data) {
        return false;
    }
    if (image->e_machine == machine->e_machine && image->e_class == machine->e_class) {
        return true;
    }
    return machine->compat_machine != EM_NONE && image->e_machine == machine->compat_machine &&
           image->e_class == ELFCLASS32;
}
