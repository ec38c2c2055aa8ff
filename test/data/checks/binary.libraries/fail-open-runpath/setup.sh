# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Nothing lies in the open folder yet, but whoever puts a libig.so.1 there is loaded.
image "$1/image"
mkso "$1/image/usr/lib/libig.so.1" -Wl,-soname,libig.so.1
mkprogram "$1/image/app/server" "$1/image/usr/lib/libig.so.1" -Wl,-rpath,/srv/plugins -Wl,--enable-new-dtags
mkdir -p "$1/image/srv/plugins"
chmod 0777 "$1/image/srv/plugins"
