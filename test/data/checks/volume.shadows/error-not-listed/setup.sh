# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app/plugins/deep/empty"
echo one > "$1/image/app/plugins/one"
echo two > "$1/image/app/plugins/deep/two"
ln -s one "$1/image/app/plugins/link"
: > "$1/image/app/plugins/nothing"
source=$(kubelet_volume empty-dir plugins)
cp -a "$1/image/app/plugins/." "$source/"
chmod 0711 "$1/image/app/plugins"
mount_at "$source" "$1/check"
