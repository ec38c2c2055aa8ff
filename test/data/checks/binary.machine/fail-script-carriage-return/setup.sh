# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Written on Windows: the interpreter's name ends in a carriage return.
mkelf "$1/shell"
printf '#!%s/shell\r\nexit\r\n' "$1" >"$1/server"
chmod 0755 "$1/server"
