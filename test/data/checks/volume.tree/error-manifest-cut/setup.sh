# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
truncate -s -4 "$1/manifest"
