# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
sed -i '2{h;d};3G' "$1/manifest"
