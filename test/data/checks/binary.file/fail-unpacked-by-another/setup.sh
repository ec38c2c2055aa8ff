# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Not all of the root belongs to who unpacked it.
mkdir -p "$1/image/app"
mkelf "$1/image/app/server"
chown -R 1000:1000 "$1/image"
chown 5000:5000 "$1/image/app/server"
