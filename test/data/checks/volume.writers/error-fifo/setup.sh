# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkfifo "$source/pipe"
mount_at "$source/pipe" "$1/app.conf"
