# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# /bin is a link as on Debian, the program's own an absolute one: both stay below the root.
mkdir -p "$1/image/usr/bin" "$1/image/opt/app"
ln -s usr/bin "$1/image/bin"
ln -s /opt/app/server "$1/image/usr/bin/server"
mkelf "$1/image/opt/app/server"
