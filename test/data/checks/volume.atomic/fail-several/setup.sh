# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml x)
rm "$source/app.yaml"
mkdir "$source/app.yaml"
echo y > "$source/b"
ln -s ..data/c "$source/c"
mount_at "$source" "$1/config"
