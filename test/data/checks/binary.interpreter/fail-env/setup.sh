# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/usr/bin"
mkelf "$1/image/usr/bin/env"
mkelf "$1/image/usr/bin/python3" --interp /lib64/ld-linux-x86-64.so.2
printf '#!/usr/bin/env -S /usr/bin/python3\n' >"$1/image/server"
chmod 0755 "$1/image/server"
