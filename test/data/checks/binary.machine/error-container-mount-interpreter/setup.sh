# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/usr/bin" "$1/image/opt/bin" "$1/image/bin" "$1/image/app"
mkelf "$1/image/usr/bin/env"
mkelf "$1/image/bin/tool"
printf '#!/usr/bin/env tool\n' >"$1/image/app/server"
chmod 0755 "$1/image/app/server"
