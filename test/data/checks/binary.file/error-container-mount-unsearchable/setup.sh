# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/root/cache"
mkelf "$1/image/app/server"
chmod 0700 "$1/image/root"
