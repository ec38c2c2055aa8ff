# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An empty emptyDir that is mounted read-only.
mount_at "$(kubelet_volume empty-dir cache)" "$1/models"
mount -o remount,bind,ro "$1/models"
