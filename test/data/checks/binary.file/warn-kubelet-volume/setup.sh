# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
volume=$(kubelet_volume empty-dir shared)
chmod 0777 "$volume"
mkelf "$volume/server"
mount_at "$volume" "$1/shared"
