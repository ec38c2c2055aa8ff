# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
install -m 0200 /dev/null "$source/a"
mkdir -m 0700 "$source/closed"
mount_at "$source" "$1/data"
