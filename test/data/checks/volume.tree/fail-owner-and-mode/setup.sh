# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
chown -R 1001:1001 "$1/data/bin"
chmod 0600 "$1/data/app.yaml"
