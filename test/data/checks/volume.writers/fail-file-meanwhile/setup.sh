# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
echo one >"$source/app.conf"
mount_at "$source/app.conf" "$1/app.conf"
truncate -s 4M "$1/large"
