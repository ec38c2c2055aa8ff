# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
chmod 0777 "$source"
mkdir -p "$source/cache/deep" "$source/bin" "$source/conf"
chown -R 1001:1001 "$source/cache"
install -m 0755 /dev/null "$source/bin/run"
echo x >"$source/conf/a"
# Not asked.
install -m 0600 /dev/null "$source/secret"
mount_at "$source" "$1/data"
