# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app/plugins"
source=$(kubelet_volume empty-dir plugins)
mount_at "$source" "$1/check"
