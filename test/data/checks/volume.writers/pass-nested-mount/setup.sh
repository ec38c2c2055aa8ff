# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What moves on a volume that is mounted below is none of this one's.
source=$(kubelet_volume empty-dir data)
mkdir "$source/log"
echo one >"$source/app.jar"
mount_at "$source" "$1/data"
mount -t tmpfs log "$1/data/log"
