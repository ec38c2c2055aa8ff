# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkdir "$source/bin"
install -m 0755 /dev/null "$source/bin/good"
install -m 0644 /dev/null "$source/bin/bad"
mount_at "$source" "$1/data"
