# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
echo text >"$1/server"
chmod 0755 "$1/server"
