# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# As Debian has it: /lib64 and the loader are links.
mkdir -p "$1/image/usr/lib64" "$1/image/usr/lib/x86_64-linux-gnu"
ln -s usr/lib "$1/image/lib"
ln -s usr/lib64 "$1/image/lib64"
mkelf "$1/image/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --type 3
ln -s /lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$1/image/usr/lib64/ld-linux-x86-64.so.2"
mkelf "$1/image/server" --interp /lib64/ld-linux-x86-64.so.2
