# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The mode of the folder that an image was unpacked into is not that of a container's root.
mkdir -p "$1/image/usr/bin" "$1/image/bin" "$1/image/app"
mkelf "$1/image/usr/bin/env"
: >"$1/image/usr/bin/tool"
mkelf "$1/image/bin/tool"
printf '#!/usr/bin/env tool\n' >"$1/image/app/server"
chmod 0755 "$1/image/app/server"
chmod 0700 "$1/image"
