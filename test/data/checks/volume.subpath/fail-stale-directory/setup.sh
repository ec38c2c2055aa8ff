# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
volume=$(kubelet_volume empty-dir data)
mkdir "$volume/release"
mount_at "$volume/release" "$1/app"
mkdir "$volume/next"
rmdir "$volume/release"
mv "$volume/next" "$volume/release"
