# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml x)
mkdir "$source/..data/db.yaml"
ln -s ..data/db.yaml "$source/db.yaml"
mount_at "$source" "$1/config"
