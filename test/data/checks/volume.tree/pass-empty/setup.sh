# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/data"
mount -t tmpfs data "$1/data"
echo "initgate-tree 1" >"$1/manifest"
