# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkdir -m 0700 "$source/conf"
install -m 0600 /dev/null "$source/conf/a"
setfacl -m u:1001:rx "$source/conf"
setfacl -m u:1001:r "$source/conf/a"
mount_at "$source" "$1/data"
