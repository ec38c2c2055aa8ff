# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app"
printf '#!' >"$1/image/app/server"
chmod 0755 "$1/image/app/server"
