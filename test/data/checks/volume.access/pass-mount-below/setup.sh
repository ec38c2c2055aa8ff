# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkdir "$source/below"
mount_at "$source" "$1/data"
mount -t tmpfs -o mode=0700 below "$1/data/below"
