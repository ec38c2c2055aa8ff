# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A folder of items.
source=$(config_map config app.yaml x)
mkdir "$source/..data/conf.d"
mount_at "$source/..data/conf.d" "$1/config"
