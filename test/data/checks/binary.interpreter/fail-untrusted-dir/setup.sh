# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/opt" "$1/image/lib64"
mkelf "$1/image/opt/ld.so" --type 3
ln -s ../opt/ld.so "$1/image/lib64/ld.so"
mkelf "$1/image/server" --interp /lib64/ld.so
