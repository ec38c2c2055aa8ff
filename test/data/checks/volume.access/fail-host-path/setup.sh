# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir "$source/cache"
echo x >"$source/cache/a"
mount_at "$source" "$1/data"
