# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The application's image, with the volume elsewhere.
mkdir -p "$1/app/plugins"
echo one > "$1/app/plugins/one"
source=$(kubelet_volume empty-dir plugins)
mount_at "$source" "$1/check"
