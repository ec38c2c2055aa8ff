# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
chmod 0777 "$source"
: >"$source/file"
mount_at "$source" "$1/data"
