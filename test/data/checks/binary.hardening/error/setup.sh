# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
cat >"$1/server.c" <<'END'
#include <string.h>
int main(int count, char **words)
{
    char text[64];
    strcpy(text, words[0]);
    return text[count];
}
END
gcc -static -o "$1/server" "$1/server.c"
