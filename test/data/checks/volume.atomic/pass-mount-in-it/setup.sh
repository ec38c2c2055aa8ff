# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Another volume is mounted in it.
source=$(config_map config app.yaml x)
mkdir "$source/certs"
mount_at "$source" "$1/config"
mount -t tmpfs certs "$1/config/certs"
