# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkdir -m 0700 "$1/closed"
mount_at "$source" "$1/closed/data"
