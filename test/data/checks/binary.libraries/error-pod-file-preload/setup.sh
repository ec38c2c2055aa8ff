# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
image "$1/image"
mkso "$1/image/usr/lib/libig.so.1" -Wl,-soname,libig.so.1
mkprogram "$1/image/app/server" "$1/image/usr/lib/libig.so.1"
rm -f "$1/image/etc/hosts"
ln -s ld.so.preload "$1/image/etc/hosts"
