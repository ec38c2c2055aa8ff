# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/volume"
mount -t tmpfs -o mode=0755 volume "$1/volume"
touch "$1/volume/log"
chmod 0666 "$1/volume/log"
mount -o remount,bind,ro "$1/volume"
