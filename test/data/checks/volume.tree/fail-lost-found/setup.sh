# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Measured on the build's own file system, delivered on an ext4 volume.
tree_volume
mkdir -m 0700 "$1/data/lost+found"
