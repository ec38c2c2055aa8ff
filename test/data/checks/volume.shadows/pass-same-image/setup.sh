# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/app/plugins"
echo one > "$1/app/plugins/one"
source=$(kubelet_volume empty-dir plugins)
echo one > "$source/one"
mount_at "$source" "$1/check"
