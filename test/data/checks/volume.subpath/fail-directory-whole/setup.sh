# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The subPath was forgotten.
mount_at "$(config_map config app.yaml x)" "$1/app.yaml"
