# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mount_at "$(kubelet_volume empty-dir data)" "$1/data"
