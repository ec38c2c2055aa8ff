# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir plugins)
mount_at "$source" "$1/check"
mkdir "$1/image"
