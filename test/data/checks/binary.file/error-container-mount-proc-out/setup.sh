# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/proc/self/cwd"
mkelf "$1/image/app/server"
ln -s /proc/self/cwd/../../../tmp "$1/image/x"
