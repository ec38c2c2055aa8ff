# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/opt/libc"
mkelf "$1/opt/libc/ld.so" --type 3
mkelf "$1/server" --interp "$1/opt/libc/ld.so"
