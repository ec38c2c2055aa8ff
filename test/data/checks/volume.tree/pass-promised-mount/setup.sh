# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
mkdir "$1/data/cache"
sed -i '/^l /i d 0755 0:0 - - - cache' "$1/manifest"
mount -t tmpfs -o mode=1777 cache "$1/data/cache"
touch "$1/data/cache/x"
