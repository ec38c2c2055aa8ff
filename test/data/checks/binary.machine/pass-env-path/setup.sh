# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The policy's PATH.
mkdir -p "$1/image/usr/bin" "$1/image/opt/node/bin"
mkelf "$1/image/usr/bin/env"
mkelf "$1/image/opt/node/bin/node"
printf '#!/usr/bin/env -S node --enable-source-maps\n' >"$1/image/server"
chmod 0755 "$1/image/server"
