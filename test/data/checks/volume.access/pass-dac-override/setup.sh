# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
chmod 0700 "$source"
install -o 1002 -m 0600 /dev/null "$source/a"
chown 1002 "$source"
mount_at "$source" "$1/data"
