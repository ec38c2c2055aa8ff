# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A link to a file of another volume leads off this one.
source=$(kubelet_volume empty-dir data)
mkdir "$source/conf"
chown -R 1001:1001 "$source"
mount_at "$source" "$1/data"
mount -t tmpfs -o mode=0755 conf "$1/data/conf"
echo x >"$1/data/conf/app.yaml"
ln -s conf/app.yaml "$1/data/app.yaml"
