# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# CRI-O: an overlay of the image and an empty folder, which has no upper layer.
mkdir -p "$1/lower" "$1/empty" "$1/upper" "$1/work" "$1/target" "$1/models"
mount -t overlay -o "lowerdir=$1/lower:$1/empty" overlay "$1/models"
