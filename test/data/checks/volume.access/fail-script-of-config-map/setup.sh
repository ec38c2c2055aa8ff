# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(config_map scripts run.sh text)
mount_at "$source" "$1/data"
