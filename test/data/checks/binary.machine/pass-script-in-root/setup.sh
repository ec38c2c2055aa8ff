# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The interpreter is looked up below the root too.
mkdir -p "$1/image/usr/bin"
ln -s usr/bin "$1/image/bin"
mkelf "$1/image/usr/bin/only-here"
printf '#!/bin/only-here\n' >"$1/image/server"
chmod 0755 "$1/image/server"
