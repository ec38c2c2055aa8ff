# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/lib"
mount -t tmpfs -o mode=0755,noexec volume "$1/lib"
mkelf "$1/lib/ld.so" --type 3
mkelf "$1/server" --interp "$1/lib/ld.so"
