# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Open folders of a volume are the kubelet's way; an open program is nobody's.
volume=$(kubelet_volume empty-dir shared)
chmod 0777 "$volume"
mkelf --mode 0777 "$volume/server"
mount_at "$volume" "$1/shared"
