# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The kernel needs no permission to read it, but its interpreter does.
mkelf "$1/shell"
printf '#!%s/shell\n' "$1" >"$1/server"
chmod 0711 "$1/server"
