# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The script and env are fine, what env starts is not.
mkdir -p "$1/image/usr/bin"
mkelf "$1/image/usr/bin/env"
mkelf --mode 0700 "$1/image/usr/bin/python3"
printf '#!/usr/bin/env python3\n' >"$1/image/server"
chmod 0755 "$1/image/server"
