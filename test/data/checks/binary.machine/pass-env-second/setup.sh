# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# execvp passes over what may not be executed.
mkdir -p "$1/image/usr/bin" "$1/image/bin" "$1/image/app"
mkelf "$1/image/usr/bin/env"
mkelf "$1/image/bin/tool"
: >"$1/image/usr/bin/tool"
printf '#!/usr/bin/env tool\n' >"$1/image/app/server"
chmod 0755 "$1/image/app/server"
