# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What is said of env's own loader stays where the program that env starts needs none.
mkdir -p "$1/image/lib" "$1/image/usr/bin" "$1/image/bin" "$1/image/app"
mkelf "$1/image/lib/ld.so" --type 3
mkelf "$1/image/usr/bin/env" --interp /lib/ld.so
mkelf "$1/image/bin/tool"
printf '#!/usr/bin/env tool\n' >"$1/image/app/server"
chmod 0755 "$1/image/app/server"
chown -R 1000:1000 "$1/image"
