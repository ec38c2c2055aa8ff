# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An empty list trusts none.
mkdir -p "$1/image/lib64"
mkelf "$1/image/lib64/ld.so" --type 3
mkelf "$1/image/server" --interp /lib64/ld.so
