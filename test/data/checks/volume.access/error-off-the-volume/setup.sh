# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
ln -s /etc "$source/conf"
mount_at "$source" "$1/data"
