# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume configmap config)
mkdir "$source/..data"
mount_at "$source" "$1/config"
