# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A volume is what the gate's container has, not what lies in an image.
mkdir -p "$1/image/cache"
mount -t tmpfs cache "$1/image/cache"
