# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml x)
ln -sfn /etc/passwd "$source/app.yaml"
mount_at "$source" "$1/config"
