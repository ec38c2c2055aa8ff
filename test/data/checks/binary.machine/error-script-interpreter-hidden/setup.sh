# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/private"
mkelf "$1/private/shell"
chmod 0700 "$1/private"
printf '#!%s/private/shell\n' "$1" >"$1/server"
chmod 0755 "$1/server"
