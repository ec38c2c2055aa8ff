# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/etc"
mkelf "$1/image/app/server"
ln -s /proc/self/root/app/server "$1/image/etc/resolv.conf"
