# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app" "$1/image/etc"
mkelf "$1/image/app/server"
ln -s /run/hosts "$1/image/etc/hosts"
