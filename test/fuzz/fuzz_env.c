/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the argument that a #! line gives to env, coreutils' and BusyBox's. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/env_command.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static const char *variable(const void *context, const char *name, bool *known)
{
    require(context == NULL && name[0] != '\0');
    *known = name[0] != 'X';
    return strcmp(name, "PATH") == 0 ? "/usr/bin" : name[0] == 'A' ? "a b" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IG_AUTO_FREE char *arg = ig_strndup((const char *)data, size < 256 ? size : 255);
    for (int busybox = 0; busybox < 2; busybox++) {
        struct ig_env_command command = {0};
        struct ig_error e = {0};
        int status = ig_env_command(arg, busybox != 0, variable, NULL, &command, &e);
        require(status == 0 ? e.text[0] == '\0' : e.text[0] != '\0');
        require(status == 0 || (command.name == NULL && command.path == NULL));
        require(command.name == NULL || strchr(command.name, '=') == NULL);
        ig_env_command_free(&command);
    }
    return 0;
}
