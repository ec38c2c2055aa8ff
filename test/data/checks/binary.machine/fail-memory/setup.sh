# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# 16 TiB: more than a node has.
mkelf "$1/server" --memory 0x100000000000
overcommit 0
