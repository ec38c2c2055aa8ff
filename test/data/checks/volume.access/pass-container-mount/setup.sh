# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
mkdir "$1/image"
mkelf "$1/image/server"
chmod 0000 "$1/data/bin/server" "$1/data/bin"
chmod 0755 "$1/data"
ln -s bin "$1/data/tools"
