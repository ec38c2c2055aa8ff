# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016
image "$1/image"
mkdir -p "$1/image/app/lib"
mount -t tmpfs -o noexec,mode=0755 lib "$1/image/app/lib"
mkso "$1/image/app/lib/libig.so.1" -Wl,-soname,libig.so.1
mkprogram "$1/image/app/server" "$1/image/app/lib/libig.so.1" '-Wl,-rpath,$ORIGIN/lib' -Wl,--enable-new-dtags
