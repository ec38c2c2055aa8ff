# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
mkdir "$1/image"
mkelf "$1/image/server"
