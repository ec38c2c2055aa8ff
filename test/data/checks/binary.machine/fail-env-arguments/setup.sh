# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The kernel passes the rest of the line as one argument.
mkdir -p "$1/image/usr/bin"
mkelf "$1/image/usr/bin/env"
mkelf "$1/image/usr/bin/python3"
printf '#!/usr/bin/env python3 -u\n' >"$1/image/server"
chmod 0755 "$1/image/server"
