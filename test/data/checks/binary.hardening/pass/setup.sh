# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
echo 'int main(void) { return 0; }' >"$1/server.c"
gcc -pie -fPIE -o "$1/server" "$1/server.c"
