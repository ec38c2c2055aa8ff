# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkdir "$source/sub"
echo one >"$source/app.jar"
echo two >"$source/sub/model.bin"
mount_at "$source" "$1/data"
truncate -s 4M "$1/large"
