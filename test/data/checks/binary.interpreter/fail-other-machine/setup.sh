# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/lib"
mkelf "$1/image/lib/ld.so" --type 3 --machine 183
mkelf "$1/image/server" --interp /lib/ld.so --machine 62
