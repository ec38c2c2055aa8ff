# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/shell" --machine 183
printf '#!%s/shell\n' "$1" >"$1/server"
chmod 0755 "$1/server"
