# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/lib"
mkelf "$1/image/lib/ld-musl-x86_64.so.1" --type 3
mkelf "$1/image/server" --interp /lib/ld-musl-x86_64.so.1
