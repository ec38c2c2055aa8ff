# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/image"
mkelf "$1/image/server" --interp /lib64/ld-linux-x86-64.so.2
