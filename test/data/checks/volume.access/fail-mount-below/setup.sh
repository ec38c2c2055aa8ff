# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir "$source/conf"
mount_at "$source" "$1/data"
mount -t tmpfs -o mode=0755 conf "$1/data/conf"
install -m 0600 /dev/null "$1/data/conf/key"
