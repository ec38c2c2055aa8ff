# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/proc"
mkelf "$1/image/app/server"
mkdir -p "$1/volume/l"
ln -s /proc/1 "$1/volume/l/p"
