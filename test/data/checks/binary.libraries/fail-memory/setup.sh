# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016
image "$1/image"
mkso "$1/image/app/lib/libig.so.1" -Wl,-soname,libig.so.1
mkprogram "$1/image/app/server" "$1/image/app/lib/libig.so.1" '-Wl,-rpath,$ORIGIN/lib' -Wl,--enable-new-dtags
printf 'char large[1UL << 44]; int ig_x(void) { return large[0]; }\n' |
    gcc -mcmodel=large -x c - -shared -fPIC -nostdlib -Wl,--build-id=none -Wl,-soname,libig.so.1 \
        -o "$1/image/app/lib/libig.so.1"
overcommit 0
