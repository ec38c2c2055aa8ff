# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/usr/bin"
mkelf "$1/image/usr/bin/env"
printf '#!/usr/bin/env bin/python3\n' >"$1/image/server"
chmod 0755 "$1/image/server"
