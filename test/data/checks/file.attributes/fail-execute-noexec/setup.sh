# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/volume"
mount -t tmpfs -o mode=0755,noexec volume "$1/volume"
touch "$1/volume/hook"
chmod 0755 "$1/volume/hook"
