# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Who may write to a folder in front of it may put another program there.
mkdir -p "$1/image/usr/bin" "$1/image/plugins"
chmod 0777 "$1/image/plugins"
mkelf "$1/image/usr/bin/env"
mkelf "$1/image/usr/bin/python3"
printf '#!/usr/bin/env python3\n' >"$1/image/server"
chmod 0755 "$1/image/server"
