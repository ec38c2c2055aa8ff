# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/etc"
mkelf "$1/image/app/server"
ln -s /nowhere/../app/server "$1/image/etc/hostname"
