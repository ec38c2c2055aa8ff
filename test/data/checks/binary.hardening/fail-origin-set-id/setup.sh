# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
echo 'int main(void) { return 0; }' >"$1/server.c"
gcc -Wl,-rpath,"\$ORIGIN/../lib" -o "$1/server" "$1/server.c"
chmod 4755 "$1/server"
