# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The program's user does not reach it.
mkdir -p "$1/image/lib"
mkelf "$1/image/lib/ld.so" --type 3
chmod 0750 "$1/image/lib"
mkelf "$1/image/server" --interp /lib/ld.so
