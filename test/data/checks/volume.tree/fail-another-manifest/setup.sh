# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
cp "$1/manifest" "$1/old"
echo x >>"$1/manifest"
