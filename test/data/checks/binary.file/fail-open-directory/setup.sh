# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/opt/app"
mkelf "$1/opt/app/server"
chmod 0777 "$1/opt"
