# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir -p "$source/a/b/conf"
chmod 0700 "$source/a"
mount_at "$source" "$1/data"
