# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# env itself needs one first.
mkdir -p "$1/image/usr/bin"
mkelf "$1/image/usr/bin/env" --interp /lib/ld-of-env.so
mkelf "$1/image/usr/bin/python3"
printf '#!/usr/bin/env python3\n' >"$1/image/server"
chmod 0755 "$1/image/server"
