# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A warning for the program is none for what runs before its first instruction.
mkdir -p "$1/image/lib"
mkelf "$1/image/lib/ld.so" --type 3
chown 1001:1001 "$1/image/lib/ld.so"
mkelf "$1/image/server" --interp /lib/ld.so
chown 1001:1001 "$1/image/server"
