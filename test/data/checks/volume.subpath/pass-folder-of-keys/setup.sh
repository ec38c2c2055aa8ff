# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A ConfigMap whose items have paths: a folder in ..TIMESTAMP is no missing key.
source=$(config_map config app.yaml x)
mkdir "$source/..2026_01_02/conf.d"
mount_at "$source/..2026_01_02/conf.d" "$1/conf.d"
