# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume configmap config)
echo x > "$source/app.yaml"
mount_at "$source" "$1/config"
