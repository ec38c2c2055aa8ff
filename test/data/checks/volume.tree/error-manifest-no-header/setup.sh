# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
sed -i 1d "$1/manifest"
