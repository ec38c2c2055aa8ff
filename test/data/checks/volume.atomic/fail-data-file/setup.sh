# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume configmap config)
echo x > "$source/..2026_01_02"
ln -s ..2026_01_02 "$source/..data"
mount_at "$source" "$1/config"
