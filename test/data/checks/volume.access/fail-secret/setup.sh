# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map settings key text)
chmod 0400 "$source/..data/key"
mount_at "$source" "$1/data"
