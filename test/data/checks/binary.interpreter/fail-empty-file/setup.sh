# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/lib"
: >"$1/image/lib/ld.so"
chmod 0755 "$1/image/lib/ld.so"
mkelf "$1/image/server" --interp /lib/ld.so
