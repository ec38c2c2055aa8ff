# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/nix/store/abc-glibc-2.40/lib"
mkelf "$1/image/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2" --type 3
mkelf "$1/image/server" --interp /nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2
