# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
rm "$1/data/app.yaml"
mkdir "$1/data/app.yaml"
