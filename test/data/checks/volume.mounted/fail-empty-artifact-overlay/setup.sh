# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# containerd: one empty layer.
mkdir -p "$1/lower" "$1/empty" "$1/upper" "$1/work" "$1/target" "$1/models"
mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" overlay "$1/target"
mount_at "$1/target" "$1/models"
mount -o remount,bind,ro "$1/models"
