# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
volume=$(kubelet_volume empty-dir data)
touch "$volume/tool"
mount_at "$volume/tool" "$1/check"
rm "$volume/tool"
