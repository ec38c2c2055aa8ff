# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/lib"
mkelf "$1/image/lib/ld.so" --type 3 --memory 0x100000000000
mkelf "$1/image/server" --interp /lib/ld.so
overcommit 0
