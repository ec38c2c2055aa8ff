# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
install -m 0600 /dev/null "$source/a"
mount_at "$source" "$1/data"
