# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mount_at "$(config_map config app.yaml x)/..data/app.yaml" "$1/app.yaml"
