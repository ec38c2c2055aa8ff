# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
touch "$1/file"
mount_at "$1/data/app.yaml" "$1/file"
