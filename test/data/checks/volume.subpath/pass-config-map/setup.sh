# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The whole volume: its root is the volume itself.
mount_at "$(config_map config app.yaml x)" "$1/conf"
