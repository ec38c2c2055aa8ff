# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# env itself, which the script's line names.
mkdir -p "$1/image/usr/bin"
mkelf --mode 0700 "$1/image/usr/bin/env"
mkelf "$1/image/usr/bin/python3"
printf '#!/usr/bin/env python3\n' >"$1/image/server"
chmod 0755 "$1/image/server"
