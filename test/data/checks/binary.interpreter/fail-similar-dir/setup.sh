# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# /library is not below /lib.
mkdir -p "$1/image/library"
mkelf "$1/image/library/ld.so" --type 3
mkelf "$1/image/server" --interp /library/ld.so
