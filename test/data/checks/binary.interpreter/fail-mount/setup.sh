# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/lib"
mkelf "$1/own.so" --type 3
mount_at "$1/own.so" "$1/lib/ld.so"
mkelf "$1/server" --interp "$1/lib/ld.so"
