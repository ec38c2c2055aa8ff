# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Unpacked by root into a folder that another user made: a container's own / is another matter.
mkdir -p "$1/image/app"
mkelf "$1/image/app/server"
chown 1000:1000 "$1/image"
