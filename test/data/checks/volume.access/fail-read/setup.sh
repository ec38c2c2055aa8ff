# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir -m 0750 "$source/conf dir"
install -m 0640 /dev/null "$source/conf dir/a"
mount_at "$source" "$1/data"
