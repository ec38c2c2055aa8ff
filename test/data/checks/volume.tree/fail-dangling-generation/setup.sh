# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml x)
rm -r "$source/..2026_01_02"
mount_at "$source" "$1/data"
touch "$1/manifest"
