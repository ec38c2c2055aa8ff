# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
sed -i '2s/app.yaml/..\/app.yaml/' "$1/manifest"
