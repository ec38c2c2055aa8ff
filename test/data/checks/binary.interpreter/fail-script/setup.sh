# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The script is fine, its interpreter's loader is not there.
mkdir -p "$1/image/bin"
mkelf "$1/image/bin/sh" --interp /lib/ld.so
printf '#!/bin/sh\n' >"$1/image/server"
chmod 0755 "$1/image/server"
