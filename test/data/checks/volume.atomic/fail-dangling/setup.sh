# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A key that the newest generation lacks.
source=$(config_map config app.yaml x)
ln -s ..data/old.yaml "$source/old.yaml"
mount_at "$source" "$1/config"
