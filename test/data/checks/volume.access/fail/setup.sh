# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkdir "$source/cache"
chmod 0777 "$source"
for name in a b c d; do
    echo x >"$source/cache/$name"
done
mount_at "$source" "$1/data"
