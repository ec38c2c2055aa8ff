# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/c" "$1/v/a" "$1/v/c"
mkelf "$1/image/app/server"
mount_at "$1/v/a" "$1/a"
mount_at "$1/v/c" "$1/c"
