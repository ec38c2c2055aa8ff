# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/lib"
mkelf "$1/image/lib/ld-2.36.so" --type 3
ln -s ld-2.36.so "$1/image/lib/ld.so"
chown -h 1001 "$1/image/lib/ld.so"
mkelf "$1/image/server" --interp /lib/ld.so
