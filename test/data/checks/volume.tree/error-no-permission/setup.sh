# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
chmod 0600 "$1/data/app.yaml"
sed -i 2s/0644/0600/ "$1/manifest"
