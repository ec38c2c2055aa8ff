# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
echo x >"$source/key"
mount_at "$source/key" "$1/data"
