# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the mount hides is missing; the mount is why.
tree_volume
mount -t tmpfs -o mode=0755 hide "$1/data/bin"
