# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
echo "what is this - - - line" >>"$1/manifest"
