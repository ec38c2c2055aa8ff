# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
echo 'int main(void) { return 0; }' >"$1/server.c"
gcc -pie -fPIE -o "$1/shell" "$1/server.c"
printf '#!%s/shell\n' "$1" >"$1/server"
chmod 0755 "$1/server"
