# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map settings key text)
mount_at "$source" "$1/data"
