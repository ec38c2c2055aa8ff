# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An ext4 volume that fsGroup has not touched.
source="$1/node/data"
mkdir -p "$source"
mkdir -m 0700 "$source/lost+found"
mkdir -p "$source/cache/tmp"
install -m 0600 /dev/null "$source/cache/tmp/a"
chmod 0700 "$source/cache/tmp"
ln -s cache/tmp/a "$source/a"
echo x >"$source/b"
mount_at "$source" "$1/data"
