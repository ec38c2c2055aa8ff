# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Built against a newer release of the library than the image has.
image "$1/image"
echo 'IG_1.0 { }; IG_1.10 { global: ig_x; } IG_1.0;' >"$1/map"
mkso "$1/libig.so.1" -Wl,-soname,libig.so.1 "-Wl,--version-script=$1/map"
mkprogram "$1/image/app/server" "$1/libig.so.1"
echo 'IG_1.0 { }; IG_1.9 { global: ig_x; } IG_1.0;' >"$1/map"
mkso "$1/image/usr/lib/libig.so.1" -Wl,-soname,libig.so.1 "-Wl,--version-script=$1/map"
