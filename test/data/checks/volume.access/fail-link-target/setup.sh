# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir "$source/conf" "$source/real"
install -m 0600 /dev/null "$source/real/a"
ln -s ../real/a "$source/conf/a"
mount_at "$source" "$1/data"
