# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/x"
mkelf "$1/image/app/server"
ln -s x "$1/image/dev"
ln -s /dev/stdout "$1/image/log"
