# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A folder on a volume is not a mount of its own.
mount_at "$(kubelet_volume empty-dir cache)" "$1/cache"
mkdir "$1/cache/deep"
