# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 "$1/data/bin/server"
