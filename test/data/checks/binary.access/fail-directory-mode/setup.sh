# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The gate, uid 0, sees it; the program's user does not.
mkdir -p "$1/opt/app"
mkelf "$1/opt/app/server"
chmod 0750 "$1/opt"
