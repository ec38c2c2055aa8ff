# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A pipeline that unpacked the image as an ordinary user.
mkdir -p "$1/image/app"
mkelf --mode 0775 "$1/image/app/server"
chown -R 1000:1000 "$1/image"
