# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A ConfigMap without keys, or an optional one that does not exist.
source=$(kubelet_volume configmap config)
mkdir "$source/..2026_01_02"
ln -s ..2026_01_02 "$source/..data"
mount_at "$source" "$1/config"
