# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A ConfigMap with the same files: links to keys.
mkdir -p "$1/image/app/plugins"
printf x > "$1/image/app/plugins/app.yaml"
mount_at "$(config_map config app.yaml x)" "$1/check"
