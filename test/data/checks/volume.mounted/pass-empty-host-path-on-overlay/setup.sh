# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A node whose own root is an overlay, as those of kind.
mkdir -p "$1/lower" "$1/empty" "$1/upper" "$1/work" "$1/target"
mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" overlay "$1/target"
source="$1/target/data"
mkdir -p "$source"
mount_at "$source" "$1/models"
mount -o remount,bind,ro "$1/models"
