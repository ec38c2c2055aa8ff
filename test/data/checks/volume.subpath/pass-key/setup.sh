# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The subPath of a key that exists is bound from behind its links.
mount_at "$(config_map config app.yaml x)/..2026_01_02/app.yaml" "$1/app.yaml"
