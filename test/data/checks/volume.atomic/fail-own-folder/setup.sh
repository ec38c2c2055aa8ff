# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the kubelet made for a subPath of another container that names a missing key.
source=$(config_map config app.yaml x)
rm "$source/app.yaml"
mkdir "$source/app.yaml"
mount_at "$source" "$1/config"
