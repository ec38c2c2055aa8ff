# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map config app.yaml x)
mkdir "$source"/$'a\nfail'
mount_at "$source" "$1/config"
