# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
chown -R 1001:2000 "$1/data"
chmod -R g+rwX "$1/data"
