# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# mountinfo escapes blanks, tabs, newlines and backslashes.
mount_at "$(kubelet_volume empty-dir cache)" "$1/my	data \\ 1"
