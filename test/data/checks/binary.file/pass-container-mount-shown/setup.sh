# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/app"
mkelf "$1/app/server"
mount_at "$1/app" "$1/volume"
