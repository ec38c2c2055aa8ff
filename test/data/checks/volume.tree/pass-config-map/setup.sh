# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml 'port: 80')
mount_at "$source" "$1/data"
printf 'initgate-tree 1\nf 0644 0:0 8 %s - app.yaml\n' "$(digest "$source/app.yaml")" >"$1/manifest"
