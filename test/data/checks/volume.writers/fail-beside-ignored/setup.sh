# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An ext4 volume that fsGroup or chown has not touched, and a folder that others write.
source=$(kubelet_volume empty-dir data)
mkdir -m 0700 "$source/lost+found"
mkdir "$source/log"
echo one >"$source/app.jar"
echo two >"$source/log/today"
chown -R 1001:1001 "$source/app.jar" "$source/log"
mount_at "$source" "$1/data"
