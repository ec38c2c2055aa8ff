# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
mkdir "$1/data/cache"
echo x >"$1/data/cache/x"
rm "$1/data/run"
