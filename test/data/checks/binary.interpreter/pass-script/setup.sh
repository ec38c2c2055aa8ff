# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A script's interpreter needs a loader too.
mkdir -p "$1/image/bin" "$1/image/lib"
mkelf "$1/image/lib/ld.so" --type 3
mkelf "$1/image/bin/sh" --interp /lib/ld.so
printf '#!/bin/sh\n' >"$1/image/server"
chmod 0755 "$1/image/server"
