# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A policy that names keys promises a ConfigMap or its like.
mount_at "$(kubelet_volume empty-dir cache)" "$1/config"
echo x > "$1/config/app.yaml"
