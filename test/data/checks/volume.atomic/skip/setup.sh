# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mount_at "$(kubelet_volume empty-dir cache)" "$1/config"
echo x > "$1/config/app.yaml"
