# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/app/plugins"
mount_at "$(config_map config app.yaml x)/..data/app.yaml" "$1/check"
