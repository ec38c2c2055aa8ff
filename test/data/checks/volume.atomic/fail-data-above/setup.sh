# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml x)
mkdir "$source/..data/deep"
ln -sfn ../other "$source/..data"
mount_at "$source" "$1/config"
