# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# One key: volume.subpath judges it.
source=$(config_map config app.yaml x)
mount_at "$source/..data/app.yaml" "$1/config"
