# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
volume=$(kubelet_volume empty-dir data)
mkdir "$volume/app"
mount_at "$volume/app" "$1/app"
