# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
echo x >"$1/data/log"
mkdir "$1/data/tmp"
