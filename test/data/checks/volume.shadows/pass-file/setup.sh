# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# One file by subPath, with the same content.
mkdir -p "$1/image/app"
printf x > "$1/image/app/plugins"
mount_at "$(config_map config app.yaml x)/..data/app.yaml" "$1/check"
