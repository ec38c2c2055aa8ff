# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# It leads to a key, but not to that of the current generation.
source=$(config_map config app.yaml x)
ln -sfn ..2026_01_02/app.yaml "$source/app.yaml"
mount_at "$source" "$1/config"
