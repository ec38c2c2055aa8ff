# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir "$source/conf"
install -m 0644 /dev/null "$source/conf/a"
setfacl -m u:1001:- "$source/conf/a"
mount_at "$source" "$1/data"
