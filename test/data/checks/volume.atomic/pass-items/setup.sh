# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# items with path "conf.d/app.yaml": the name at the top is a folder.
source=$(config_map config app.yaml x)
mkdir "$source/..data/conf.d"
echo x > "$source/..data/conf.d/app.yaml"
ln -s ..data/conf.d "$source/conf.d"
mount_at "$source" "$1/config"
