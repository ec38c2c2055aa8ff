# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/shell"
printf '#!%s/shell\n' "$1" >"$1/server"
chmod 0755 "$1/server"
