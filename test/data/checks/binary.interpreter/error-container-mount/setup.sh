# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/lib" "$1/image/app"
mkelf "$1/image/lib/ld.so" --type 3
mkelf "$1/image/app/server" --interp /lib/ld.so
