# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/private"
mount_at "$(kubelet_volume empty-dir cache)" "$1/private/cache"
chmod 0700 "$1/private"
