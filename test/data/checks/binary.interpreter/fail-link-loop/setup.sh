# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/lib"
ln -s ld.so "$1/image/lib/ld.so"
mkelf "$1/image/server" --interp /lib/ld.so
