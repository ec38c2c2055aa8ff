# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/server"
chown 1001:1001 "$1/server"
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
