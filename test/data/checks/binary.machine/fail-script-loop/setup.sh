# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
printf '#!%s/server\n' "$1" >"$1/server"
chmod 0755 "$1/server"
