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
gcc -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -static-pie -Wl,-z,relro,-z,now -o "$1/server" "$1/server.c"
