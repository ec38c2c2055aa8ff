# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml old)/..2026_01_02
mount_at "$source/app.yaml" "$1/app.yaml"
rm -r "$source"
